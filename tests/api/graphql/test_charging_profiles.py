"""Charging profiles: what may be asked for, in which words it becomes a command, and what is shown."""

from __future__ import annotations

from typing import Any

import pytest

from domain.events import Command, Transaction
from domain.journal import load
from domain.values import Evse
from tests.api.graphql.conftest import T0, Api
from tests.api.graphql.test_commands import streams

ANSWER = "command { action payload status } error { code field message } position"
PERIOD: dict[str, Any] = {"startPeriod": 0, "limit": "16.3"}
SCHEDULE: dict[str, Any] = {"chargingRateUnit": "A", "periods": [PERIOD]}
PROFILE: dict[str, Any] = {"id": 7, "purpose": "TX_DEFAULT_PROFILE", "kind": "RELATIVE", "schedule": SCHEDULE}
START = "2026-11-20T09:00:00+01:00"

TARIFF: dict[str, Any] = {"id": 1, "entries": [{"start": 0}]}
COST: dict[str, Any] = {"startValue": "0.5", "costs": [{"costKind": "CARBON_DIOXIDE_EMISSION", "amount": 5}]}


def tariff(**entry: Any) -> dict[str, Any]:
    return TARIFF | {"entries": [{"start": 0} | entry]}


async def do(api: Api, mutation: str, **input: Any) -> Any:
    kind = mutation[0].upper() + mutation[1:] + "Input!"
    query = f"mutation ($input: {kind}) {{ it: {mutation}(input: $input) {{ {ANSWER} }} }}"
    return (await api.ask(query, input={"stationId": "CS1", "waitSeconds": 0, **input}))["it"]


def profile(schedule: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return PROFILE | changes | {"schedule": SCHEDULE | (schedule or {})}


async def test_a_profile_becomes_a_command_in_our_words(api: Api) -> None:
    await api.register("CS1")
    schedule = {
        "startSchedule": START,
        "duration": 3600,
        "minChargingRate": 6,
        "periods": [PERIOD, {"startPeriod": 60, "limit": 0, "numberPhases": 1, "phaseToUse": 2}],
    }
    given = profile(schedule, kind="RECURRING", recurrencyKind="DAILY", stackLevel=3, validFrom=START)
    answer = await do(api, "setChargingProfile", evseId=1, profile=given)
    assert answer["error"] is None
    assert answer["command"]["payload"] == {
        "evseId": 1,
        "chargingProfile": {
            "id": 7,
            "stackLevel": 3,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Recurring",
            "recurrencyKind": "Daily",
            "validFrom": "2026-11-20T08:00:00+00:00",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "startSchedule": "2026-11-20T08:00:00+00:00",
                "duration": 3600,
                "minChargingRate": "6",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": "16.3"},
                    {"startPeriod": 60, "limit": "0", "numberPhases": 1, "phaseToUse": 2},
                ],
            },
        },
    }
    command = await load(api.journal, Command, (await streams(api))[0])
    assert (command.action, command.typed) == ("SetChargingProfile", True)


@pytest.mark.parametrize(
    ("evse_id", "given", "field"),
    [
        (-1, PROFILE, "evseId"),
        (1, profile(id=-1), "id"),
        (1, profile(stackLevel=-1), "stackLevel"),
        (1, profile({"startSchedule": START}, purpose="CHARGING_STATION_MAX_PROFILE", kind="ABSOLUTE"), "evseId"),
        (0, profile(purpose="CHARGING_STATION_MAX_PROFILE"), "kind"),
        (0, profile(purpose="TX_PROFILE"), "evseId"),
        (1, profile(kind="ABSOLUTE"), "startSchedule"),
        (1, profile({"startSchedule": START}), "startSchedule"),
        (1, profile({"startSchedule": START}, kind="RECURRING"), "recurrencyKind"),
        (1, profile(recurrencyKind="DAILY"), "recurrencyKind"),
        (1, profile(validFrom=START, validTo=START), "validTo"),
        (1, profile({"periods": []}), "periods"),
        (1, profile({"periods": [PERIOD | {"startPeriod": 1}]}), "startPeriod"),
        (1, profile({"periods": [PERIOD, PERIOD]}), "startPeriod"),
        (1, profile({"periods": [PERIOD | {"limit": -1}]}), "limit"),
        (1, profile({"periods": [PERIOD | {"numberPhases": 4}]}), "numberPhases"),
        (1, profile({"periods": [PERIOD | {"phaseToUse": 1}]}), "phaseToUse"),
        (1, profile({"duration": 0}), "duration"),
        (1, profile({"periods": [PERIOD | {"limit": "16.1234567"}]}), "limit"),
        (1, profile({"minChargingRate": "0.0000001"}), "minChargingRate"),
        (0, profile(purpose="CHARGING_STATION_EXTERNAL_CONSTRAINTS"), "purpose"),
        (1, PROFILE | {"schedules": [SCHEDULE]}, "schedule"),
        (1, PROFILE | {"schedule": None}, "schedule"),
        (1, PROFILE | {"schedule": None, "schedules": []}, "schedules"),
        (1, PROFILE | {"schedule": None, "schedules": [SCHEDULE, SCHEDULE]}, "schedules"),
        (1, PROFILE | {"schedule": None, "schedules": [SCHEDULE | {"startSchedule": START}]}, "startSchedule"),
        (1, profile({"salesTariff": TARIFF | {"id": 0}}), "id"),
        (1, profile({"salesTariff": TARIFF | {"entries": []}}), "entries"),
        (1, profile({"salesTariff": TARIFF | {"entries": [{"start": 1}]}}), "start"),
        (1, profile({"salesTariff": TARIFF | {"entries": [{"start": 0}, {"start": 0}]}}), "start"),
        (1, profile({"salesTariff": TARIFF | {"description": "n" * 33}}), "description"),
        (1, profile({"salesTariff": TARIFF | {"priceLevels": 0}}), "priceLevels"),
        (1, profile({"salesTariff": tariff(duration=0)}), "duration"),
        (1, profile({"salesTariff": tariff(priceLevel=-1)}), "priceLevel"),
        (1, profile({"salesTariff": tariff(consumptionCosts=[])}), "consumptionCosts"),
        (1, profile({"salesTariff": tariff(consumptionCosts=[COST | {"costs": []}])}), "costs"),
        (1, profile({"salesTariff": tariff(consumptionCosts=[COST | {"startValue": -1}])}), "startValue"),
    ],
)
async def test_a_profile_that_no_station_may_be_sent_is_refused(
    api: Api, evse_id: int, given: dict[str, Any], field: str
) -> None:
    await api.register("CS1")
    answer = await do(api, "setChargingProfile", evseId=evse_id, profile=given)
    assert (answer["command"], answer["error"]["code"], answer["error"]["field"]) == (None, "BAD_INPUT", field)
    assert await streams(api) == []


async def test_a_profile_of_a_transaction_is_for_one_that_is_running_there(api: Api) -> None:
    await api.register("CS1")
    given = profile(purpose="TX_PROFILE")
    refused = await do(api, "setChargingProfile", evseId=1, profile=given)
    assert (refused["error"]["code"], refused["error"]["field"]) == ("UNKNOWN_TRANSACTION", "transactionId")
    transaction = Transaction.blank(Transaction.stream("CS1", "42", T0))
    transaction.start(T0, occurred_at=T0, evse=Evse(1, 1))
    position = await api.record(transaction)
    await api.ask("query ($p: String) { transactions(first: 1, atLeastPosition: $p) { nodes { id } } }", p=position)

    async def asked(**input: Any) -> Any:
        answer = await do(api, "setChargingProfile", profile=given, **input)
        return answer["error"]["code"] if answer["error"] else answer["command"]["payload"]["chargingProfile"]

    assert (await asked(evseId=1))["transactionId"] == "42"
    assert (await asked(evseId=1, transactionId="42"))["transactionId"] == "42"
    assert await asked(evseId=1, transactionId="43") == "UNKNOWN_TRANSACTION"
    assert await asked(evseId=2, transactionId="42") == "UNKNOWN_TRANSACTION"
    transaction.end(T0, occurred_at=T0)
    position = await api.record(transaction)
    await api.ask("query ($p: String) { transactions(first: 1, atLeastPosition: $p) { nodes { id } } }", p=position)
    assert await asked(evseId=1) == "UNKNOWN_TRANSACTION"


async def test_only_a_profile_of_a_transaction_names_one(api: Api) -> None:
    await api.register("CS1")
    answer = await do(api, "setChargingProfile", evseId=1, transactionId="42", profile=PROFILE)
    assert (answer["error"]["code"], answer["error"]["field"]) == ("BAD_INPUT", "transactionId")


async def test_a_remote_start_takes_a_profile_for_its_transaction(api: Api) -> None:
    await api.register("CS1")
    answer = await do(api, "remoteStart", idToken="A", chargingProfile=profile(purpose="TX_PROFILE"))
    assert answer["command"]["payload"]["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
    answer = await do(api, "remoteStart", idToken="A", chargingProfile=PROFILE)
    assert (answer["error"]["code"], answer["error"]["field"]) == ("BAD_INPUT", "purpose")


@pytest.mark.parametrize(
    ("given", "payload"),
    [
        ({}, {}),
        ({"profileId": 7}, {"chargingProfileId": 7}),
        (
            {"evseId": 0, "purpose": "CHARGING_STATION_MAX_PROFILE", "stackLevel": 0},
            {"evseId": 0, "chargingProfilePurpose": "ChargingStationMaxProfile", "stackLevel": 0},
        ),
        ({"profileId": 7, "stackLevel": 1}, None),
    ],
)
async def test_profiles_are_cleared_by_id_or_by_criteria(
    api: Api, given: dict[str, Any], payload: dict[str, Any] | None
) -> None:
    await api.register("CS1")
    answer = await do(api, "clearChargingProfile", **given)
    if payload is None:
        assert (answer["command"], answer["error"]["field"]) == (None, "profileId")
    else:
        assert (answer["error"], answer["command"]["payload"]) == (None, payload)


async def test_external_constraints_are_not_cleared_nor_set_by_hand(api: Api) -> None:
    await api.register("CS1")
    external = "ChargingStationExternalConstraints"
    answer = await do(api, "clearChargingProfile", purpose="CHARGING_STATION_EXTERNAL_CONSTRAINTS")
    assert (answer["command"], answer["error"]["field"]) == (None, "purpose")
    for action, payload in (
        ("ClearChargingProfile", {"chargingProfileCriteria": {"chargingProfilePurpose": external}}),
        ("SetChargingProfile", {"evseId": 0, "chargingProfile": {"chargingProfilePurpose": external}}),
    ):
        answer = await do(api, "requestCommand", action=action, payload=payload)
        assert (answer["command"], answer["error"]["field"]) == (None, "payload")
    asked = {"requestId": 1, "chargingProfile": {"chargingProfilePurpose": external}}
    assert (await do(api, "requestCommand", action="GetChargingProfiles", payload=asked))["error"] is None


async def test_several_schedules_with_what_energy_costs_are_for_a_transaction(api: Api) -> None:
    await api.register("CS1")
    transaction = Transaction.blank(Transaction.stream("CS1", "42", T0))
    transaction.start(T0, occurred_at=T0, evse=Evse(1, 1))
    position = await api.record(transaction)
    await api.ask("query ($p: String) { evCharging(first: 1, atLeastPosition: $p) { nodes { id } } }", p=position)
    priced = SCHEDULE | {"salesTariff": tariff(duration=60, priceLevel=1, consumptionCosts=[COST])}
    given = PROFILE | {"purpose": "TX_PROFILE", "schedule": None, "schedules": [priced, SCHEDULE]}
    answer = await do(api, "setChargingProfile", evseId=1, transactionId="42", profile=given)
    assert answer["error"] is None, "what one read model has seen, the next is waited for"
    first, second = answer["command"]["payload"]["chargingProfile"]["chargingSchedule"]
    assert "salesTariff" not in second
    assert first["salesTariff"] == {
        "id": 1,
        "salesTariffEntry": [
            {
                "relativeTimeInterval": {"start": 0, "duration": 60},
                "ePriceLevel": 1,
                "consumptionCost": [{"startValue": 0.5, "cost": [{"costKind": "CarbonDioxideEmission", "amount": 5}]}],
            }
        ],
    }
    again = PROFILE | {"purpose": "TX_PROFILE", "schedule": None, "schedules": [SCHEDULE] * 4}
    answer = await do(api, "setChargingProfile", evseId=1, transactionId="42", profile=again)
    assert answer["error"]["field"] == "schedules"


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, {}),
        (
            {"evseId": 0, "profileIds": [1, 2], "stackLevel": 0, "sources": ["EMS", "CSO"]},
            {"evseId": 0, "chargingProfileId": [1, 2], "stackLevel": 0, "chargingLimitSource": ["EMS", "CSO"]},
        ),
        (
            {"purpose": "CHARGING_STATION_EXTERNAL_CONSTRAINTS"},
            {"chargingProfilePurpose": "ChargingStationExternalConstraints"},
        ),
        ({"evseId": -1}, "evseId"),
        ({"profileIds": []}, "profileIds"),
        ({"profileIds": [-1]}, "profileIds"),
        ({"stackLevel": -1}, "stackLevel"),
        ({"sources": []}, "sources"),
        ({"sources": ["s" * 21]}, "sources"),
    ],
)
async def test_profiles_are_asked_for_by_criteria(api: Api, given: dict[str, Any], asked: dict[str, Any] | str) -> None:
    await api.register("CS1")
    answer = await do(api, "getChargingProfiles", **given)
    if isinstance(asked, str):
        assert (answer["command"], answer["error"]["field"]) == (None, asked)
    else:
        request_id = answer["command"]["payload"].pop("requestId")
        assert (answer["command"]["payload"], 0 < request_id < 2**31) == (asked, True)


async def test_the_same_request_is_the_same_command_whatever_number_it_has(api: Api) -> None:
    await api.register("CS1")
    first, second = [await do(api, "getChargingProfiles", evseId=1, idempotencyKey="k") for _ in range(2)]
    assert first["command"] == second["command"]


async def test_a_composite_schedule_is_asked_for(api: Api) -> None:
    await api.register("CS1")
    answer = await do(api, "getCompositeSchedule", duration=60, chargingRateUnit="W")
    assert answer["command"]["payload"] == {"evseId": 0, "duration": 60, "chargingRateUnit": "W"}
    answer = await do(api, "getCompositeSchedule", duration=0)
    assert answer["error"]["field"] == "duration"


async def test_a_station_without_profiles_shows_none(api: Api) -> None:
    query = """{ chargingProfiles(stationId: "nobody") {
      profiles { id } compositeSchedules { evseId } externalLimits { source } reports { requestId } } }"""
    nothing: dict[str, Any] = {"profiles": [], "compositeSchedules": [], "externalLimits": [], "reports": []}
    assert await api.ask(query) == {"chargingProfiles": nothing}
