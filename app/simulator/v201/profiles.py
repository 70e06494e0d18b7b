"""What a 2.0.1 server may ask about charging profiles (K01-K10). They are held and told; simulated cars do not obey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ocpp.v201 import call, call_result
from ocpp.v201.enums import Action

from app.simulator.clock import stamp
from app.simulator.link import Link
from app.simulator.routes import after, on

_CRITERIA = ("evse_id", "charging_profile_purpose", "stack_level")
_MOST = {"A": 32.0, "W": 22_000.0}
Place = tuple[int, str, int, str | None]


class Profiles(Link):
    """Mixed into the link. Profiles are kept as they came, with the EVSE they are for; keys are in snake case."""

    @property
    def _held(self) -> dict[int, dict[str, Any]]:
        """By id, without those whose transaction is over."""
        held = self.station.holdings.profiles
        for id, profile in list(held.items()):
            transaction = profile.get("transaction_id")
            if transaction is not None and self.station.session_of(transaction) is None:
                del held[id]
        return held

    @on(Action.set_charging_profile)
    def on_set_charging_profile(self, evse_id: int, charging_profile: dict[str, Any], **_: Any) -> Any:
        self.station.stats.commands += 1
        new = {**charging_profile, "evse_id": evse_id}
        if not self._may_be(new):
            return call_result.SetChargingProfile("Rejected")
        held = self._held
        for id in [id for id, profile in held.items() if _place(profile) == _place(new)]:
            del held[id]
        held[new["id"]] = new
        return call_result.SetChargingProfile("Accepted")

    def _may_be(self, new: dict[str, Any]) -> bool:
        evse_id, purpose = new["evse_id"], new["charging_profile_purpose"]
        if evse_id and evse_id not in self.station.connectors:
            return False
        if purpose == "TxProfile":
            session = self.station.session_of(new.get("transaction_id", ""))
            return session is not None and session.connector == evse_id
        if purpose == "ChargingStationMaxProfile":
            return bool(evse_id == 0)
        rivals = (p for p in self._held.values() if p["id"] != new["id"] and 0 in (evse_id, p["evse_id"]))
        twice = any(_place(p)[1:] == _place(new)[1:] and p["evse_id"] != evse_id for p in rivals)
        return purpose == "TxDefaultProfile" and not twice

    @on(Action.clear_charging_profile)
    def on_clear_charging_profile(
        self,
        charging_profile_id: int | None = None,
        charging_profile_criteria: dict[str, Any] | None = None,
        **_: Any,
    ) -> Any:
        self.station.stats.commands += 1
        held, wanted = self._held, charging_profile_criteria or {}
        found = [
            id
            for id, profile in held.items()
            if (id == charging_profile_id if charging_profile_id is not None else _meets(profile, wanted))
        ]
        for id in found:
            del held[id]
        return call_result.ClearChargingProfile("Accepted" if found else "Unknown")

    @on(Action.get_charging_profiles)
    def on_get_charging_profiles(self, charging_profile: dict[str, Any], evse_id: int | None = None, **_: Any) -> Any:
        self.station.stats.commands += 1
        found = self._asked(charging_profile, evse_id)
        return call_result.GetChargingProfiles("Accepted" if found else "NoProfiles")

    @after(Action.get_charging_profiles)
    def after_get_charging_profiles(
        self, request_id: int, charging_profile: dict[str, Any], evse_id: int | None = None, **_: Any
    ) -> None:
        self.station.errand(self._tell(_parts(request_id, self._asked(charging_profile, evse_id))))

    def _asked(self, criterion: dict[str, Any], evse_id: int | None) -> list[dict[str, Any]]:
        place = {} if evse_id is None else {"evse_id": evse_id}
        ids, sources = criterion.get("charging_profile_id"), criterion.get("charging_limit_source", ["CSO"])
        return [
            profile
            for id, profile in self._held.items()
            if _meets(profile, {**criterion, **place}) and (ids is None or id in ids) and "CSO" in sources
        ]

    @on(Action.get_composite_schedule)
    def on_get_composite_schedule(self, duration: int, evse_id: int, charging_rate_unit: str = "W", **_: Any) -> Any:
        self.station.stats.commands += 1
        if evse_id and evse_id not in self.station.connectors:
            return call_result.GetCompositeSchedule("Rejected")
        limits = self._limits(evse_id, charging_rate_unit)
        schedule = {
            "evse_id": evse_id,
            "duration": duration,
            "schedule_start": stamp(self.station.clock.now()),
            "charging_rate_unit": charging_rate_unit,
            "charging_schedule_period": [{"start_period": 0, "limit": min([_MOST[charging_rate_unit], *limits])}],
        }
        return call_result.GetCompositeSchedule("Accepted", schedule=schedule)

    def _limits(self, evse_id: int, unit: str) -> list[float]:
        """Of each purpose the highest level, as its schedule begins; that of a transaction stands for the default."""
        highest: dict[str, dict[str, Any]] = {}
        for profile in sorted(self._held.values(), key=lambda p: int(p["stack_level"])):
            schedule = profile["charging_schedule"][0]
            if profile["evse_id"] in (0, evse_id) and schedule["charging_rate_unit"] == unit:
                highest[profile["charging_profile_purpose"]] = schedule
        if "TxProfile" in highest:
            highest.pop("TxDefaultProfile", None)
        return [schedule["charging_schedule_period"][0]["limit"] for schedule in highest.values()]


def _place(profile: dict[str, Any]) -> Place:
    """Where only one can be."""
    return (
        profile["evse_id"],
        profile["charging_profile_purpose"],
        profile["stack_level"],
        profile.get("transaction_id"),
    )


def _meets(profile: dict[str, Any], criteria: dict[str, Any]) -> bool:
    return all(name not in criteria or profile[name] == criteria[name] for name in _CRITERIA)


def _parts(request_id: int, found: list[dict[str, Any]]) -> Iterator[Any]:
    """A message for each EVSE; all but the last say that more is to come."""
    evses = sorted({profile["evse_id"] for profile in found})
    for evse_id in evses:
        profiles = [
            {name: value for name, value in profile.items() if name != "evse_id"}
            for profile in found
            if profile["evse_id"] == evse_id
        ]
        yield call.ReportChargingProfiles(request_id, "CSO", profiles, evse_id, tbc=evse_id != evses[-1])
