from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from api.ocpp.profiles import profile_of
from api.ocpp.schema import CallFailed
from domain.charging_profiles import ChargingProfileBook, ChargingProfilePurpose
from domain.sales_tariff import ConsumptionCost, Cost, CostKind, SalesTariff, SalesTariffEntry
from tests.api.ocpp.line import Line
from tests.api.ocpp.profile_samples import PROFILE, TYPED, V16, V201
from tests.api.ocpp.said import noted, said

KIND = "RelativePricePercentage"
TARIFF: dict[str, Any] = {
    "id": 3,
    "salesTariffDescription": "night",
    "numEPriceLevels": 2,
    "salesTariffEntry": [
        {
            "relativeTimeInterval": {"start": 0, "duration": 60},
            "ePriceLevel": 1,
            "consumptionCost": [{"startValue": 0, "cost": [{"costKind": KIND, "amount": 5, "amountMultiplier": -1}]}],
        }
    ],
}


def typed(**changes: Any) -> dict[str, Any]:
    return {"evseId": 1, "chargingProfile": {**TYPED, **changes}}


def limited(limit: str) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    return typed(chargingSchedule=schedule)


def test_1_6_hears_one_schedule_of_a_connector() -> None:
    _, payload = said("1.6", "SetChargingProfile", typed())
    assert payload == {"connectorId": 1, "csChargingProfiles": V16}


def test_2_0_1_hears_a_list_of_schedules_of_an_evse() -> None:
    _, payload = said("2.0.1", "SetChargingProfile", typed())
    assert payload == {"evseId": 1, "chargingProfile": V201}


def test_1_6_has_its_own_word_for_the_limit_of_the_station() -> None:
    _, payload = said("1.6", "SetChargingProfile", typed(chargingProfilePurpose="ChargingStationMaxProfile"))
    assert payload["csChargingProfiles"]["chargingProfilePurpose"] == "ChargePointMaxProfile"


@pytest.mark.parametrize(
    ("limit", "in_16", "in_201"),
    [("6.0", 6.0, 6.0), ("0.3", 0.3, 0.3), ("16.29", 16.2, 16.29), ("22000", 22000, 22000)],
)
def test_1_6_takes_limits_in_tenths_and_none_is_rounded_up(limit: str, in_16: float, in_201: float) -> None:
    _, v16 = said("1.6", "SetChargingProfile", limited(limit))
    _, v201 = said("2.0.1", "SetChargingProfile", limited(limit))
    assert v16["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == in_16
    assert v201["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == in_201


def test_a_profile_of_a_transaction_names_it_as_the_version_does() -> None:
    in_a_transaction = typed(chargingProfilePurpose="TxProfile", transactionId="42")
    assert said("1.6", "SetChargingProfile", in_a_transaction)[1]["csChargingProfiles"]["transactionId"] == 42
    assert said("2.0.1", "SetChargingProfile", in_a_transaction)[1]["chargingProfile"]["transactionId"] == "42"
    with pytest.raises(CallFailed, match="is an integer"):
        said("1.6", "SetChargingProfile", typed(transactionId="a-b"))


@pytest.mark.parametrize("profile", [V16, V201])
def test_a_profile_is_read_back_the_same_from_both_versions(profile: dict[str, Any]) -> None:
    assert profile_of(profile) == PROFILE


def test_a_limit_that_is_meant_as_none_stays_a_number_that_can_be_kept() -> None:
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1e300}]}
    assert profile_of({**V16, "chargingSchedule": schedule}).schedules[0].periods[0].limit == Decimal(10**15)


@pytest.mark.parametrize(("status", "accepted"), [("Accepted", True), ("Rejected", False)])
async def test_the_answer_is_noted_with_what_was_asked(line: Line, status: str, accepted: bool) -> None:
    _, request = said(line.version.name, "SetChargingProfile", typed())
    [event] = await noted(line, "SetChargingProfile", request, {"status": status})
    assert isinstance(event, ChargingProfileBook.Set)
    assert event == ChargingProfileBook.Set(
        event.originator_id, 1, event.timestamp, profile=PROFILE, evse_id=1, status=status, accepted=accepted
    )
    assert event.originator_id == "charging-profile:2026-11-20:CS1"


async def test_the_limit_of_a_station_is_noted_in_our_words(v16: Line) -> None:
    request = {"connectorId": 0, "csChargingProfiles": {**V16, "chargingProfilePurpose": "ChargePointMaxProfile"}}
    [event] = await noted(v16, "SetChargingProfile", request, {"status": "Accepted"})
    assert isinstance(event, ChargingProfileBook.Set)
    assert event.profile.purpose is ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
    assert event.evse_id == 0


def test_2_0_1_hears_several_schedules_numbered_and_what_energy_costs() -> None:
    schedules = [{**TYPED["chargingSchedule"], "salesTariff": TARIFF}, TYPED["chargingSchedule"]]
    _, payload = said("2.0.1", "SetChargingProfile", typed(chargingSchedule=schedules))
    first, second = payload["chargingProfile"]["chargingSchedule"]
    assert (first["id"], first["salesTariff"], second["id"]) == (1, TARIFF, 2)
    told = profile_of(payload["chargingProfile"])
    assert told.schedules[0].sales_tariff == SalesTariff(
        3, (SalesTariffEntry(0, 60, 1, (ConsumptionCost(Decimal(0), (Cost(CostKind(KIND), 5, -1),)),)),), "night", 2
    )
    assert told.schedules[1] == PROFILE.schedules[0]


def test_1_6_knows_neither() -> None:
    only = TYPED["chargingSchedule"]
    assert said("1.6", "SetChargingProfile", typed(chargingSchedule=[only]))[1]["csChargingProfiles"] == V16
    for schedule in ([only, only], {**only, "salesTariff": TARIFF}):
        with pytest.raises(CallFailed, match="one schedule"):
            said("1.6", "SetChargingProfile", typed(chargingSchedule=schedule))


def test_no_station_is_sent_what_others_demand_of_it() -> None:
    with pytest.raises(CallFailed, match="not ours"):
        said("2.0.1", "SetChargingProfile", typed(chargingProfilePurpose="ChargingStationExternalConstraints"))


def test_a_word_that_the_standard_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(CallFailed, match="'Sometimes' is no ChargingProfileKind"):
        profile_of({**V201, "chargingProfileKind": "Sometimes"})
