"""Stations: registration, credentials, what is shown of them, and at what cost."""

from __future__ import annotations

import asyncio
import gc
from statistics import median
from time import process_time
from typing import Any

import pytest

from domain.credentials import verify
from domain.events import Station, StationDay
from domain.journal import load
from domain.station import Identity
from domain.station_day import Connection, ConnectorStatus
from domain.values import RegistrationStatus
from tests.api.graphql.conftest import T0, Api, fleet

REGISTER = """
mutation ($input: RegisterStationInput!) {
  registerStation(input: $input) {
    station { id online securityProfile } password error { code message field } position
  }
}
"""
PAGE = """
query ($first: Int!, $after: String, $filter: StationFilter) {
  stations(first: $first, after: $after, filter: $filter) {
    edges { cursor node {
      id online ocppVersion vendor model firmwareVersion registrationStatus lastSeenAt
      evses { id connectors { id status errorCode updatedAt } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def register(api: Api, **input: Any) -> Any:
    return (await api.ask(REGISTER, input=input))["registerStation"]


async def test_a_registered_station_is_shown_with_the_password_that_was_made_for_it(api: Api) -> None:
    made = await register(api, stationId="CS 1/é")
    assert made["station"] == {"id": "CS 1/é", "online": False, "securityProfile": 1}
    assert made["error"] is None
    assert len(bytes.fromhex(made["password"])) == 20
    station = await load(api.journal, Station, Station.stream("CS 1/é"))
    assert verify(b"pepper", "CS 1/é", made["password"].encode(), station.credential)


async def test_a_station_registered_again_keeps_its_password(api: Api) -> None:
    first = await register(api, stationId="CS1")
    again = await register(api, stationId="CS1")
    assert again["error"]["code"] == "ALREADY_REGISTERED"
    assert again["password"] is again["station"] is again["position"] is None
    station = await load(api.journal, Station, Station.stream("CS1"))
    assert station.version == 1
    assert verify(b"pepper", "CS1", first["password"].encode(), station.credential)


async def test_the_same_registration_sent_twice_takes_effect_once(api: Api) -> None:
    given = {"stationId": "CS1", "securityProfile": 2, "password": "a good long password"}
    first, again = await register(api, **given), await register(api, **given)
    assert first == again
    assert first["password"] is None
    assert (await load(api.journal, Station, Station.stream("CS1"))).version == 1


async def test_a_new_password_replaces_the_old_one(api: Api) -> None:
    await register(api, stationId="CS1")
    changed = await register(api, stationId="CS1", password="another long password")
    assert changed["error"] is None
    station = await load(api.journal, Station, Station.stream("CS1"))
    assert verify(b"pepper", "CS1", b"another long password", station.credential)


async def test_of_many_registrations_at_once_one_wins_and_the_others_are_told(api: Api) -> None:
    answers = await asyncio.gather(*(register(api, stationId="CS1") for _ in range(10)))
    assert sorted(a["error"]["code"] if a["error"] else "made" for a in answers) == ["ALREADY_REGISTERED"] * 9 + [
        "made"
    ]
    station = await load(api.journal, Station, Station.stream("CS1"))
    password = next(a["password"] for a in answers if a["password"])
    assert verify(b"pepper", "CS1", password.encode(), station.credential)


async def test_profiles_without_basic_auth_have_no_password(api: Api) -> None:
    for profile in (0, 3):
        made = await register(api, stationId=f"CS{profile}", securityProfile=profile)
        assert (made["password"], made["error"]) == (None, None)
        assert (await load(api.journal, Station, Station.stream(f"CS{profile}"))).credential is None
        refused = await register(api, stationId="CS1", securityProfile=profile, password="x" * 20)
        assert (refused["error"]["code"], refused["error"]["field"]) == ("BAD_INPUT", "password")


async def test_bad_input_is_refused_with_the_name_of_the_field(api: Api) -> None:
    for given, field in [
        ({"stationId": ""}, "stationId"),
        ({"stationId": "a\nb"}, "stationId"),
        ({"stationId": "a\x00b"}, "stationId"),
        ({"stationId": "x" * 256}, "stationId"),
        ({"stationId": "CS1", "securityProfile": 4}, "securityProfile"),
        ({"stationId": "CS1", "securityProfile": -1}, "securityProfile"),
        ({"stationId": "CS1", "password": ""}, "password"),
        ({"stationId": "CS1", "password": "x" * 65}, "password"),
    ]:
        refused = await register(api, **given)
        assert (refused["error"]["code"], refused["error"]["field"]) == ("BAD_INPUT", field)
    assert await api.journal.head() == 0


async def test_the_answer_to_the_next_boot_is_set_for_known_stations_only(api: Api) -> None:
    mutation = """
    mutation ($id: ID!) { setRegistrationStatus(input: {stationId: $id, status: PENDING}) {
      station { id registrationStatus } error { code field } position } }
    """
    await api.register("CS1")
    told = (await api.ask(mutation, id="CS1"))["setRegistrationStatus"]
    assert told["station"] == {"id": "CS1", "registrationStatus": None}
    again = (await api.ask(mutation, id="CS1"))["setRegistrationStatus"]
    assert again == told
    station = await load(api.journal, Station, Station.stream("CS1"))
    assert (station.registration_status, station.version) == (RegistrationStatus.PENDING, 2)
    unknown = (await api.ask(mutation, id="nobody"))["setRegistrationStatus"]
    assert unknown["error"] == {"code": "UNKNOWN_STATION", "field": "stationId"}


async def test_how_a_station_is_taken_is_set_one_option_at_a_time(api: Api) -> None:
    mutation = """
    mutation ($input: SetStationOptionsInput!) { setStationOptions(input: $input) {
      station { lenient assumedOcppVersion } error { code field } position } }
    """

    async def options(**input: Any) -> Any:
        return (await api.ask(mutation, input={"stationId": "CS1", **input}))["setStationOptions"]

    assert (await options(lenient=True))["error"] == {"code": "UNKNOWN_STATION", "field": "stationId"}
    await api.register("CS1")
    assert (await options(lenient=True))["station"] == {"lenient": True, "assumedOcppVersion": None}
    assert (await options(assumedOcppVersion="1.6"))["station"] == {"lenient": True, "assumedOcppVersion": "1.6"}
    assert (await options(lenient=False))["station"] == {"lenient": False, "assumedOcppVersion": "1.6"}
    assert (await options(assumedOcppVersion=None))["station"] == {"lenient": False, "assumedOcppVersion": None}
    assert (await options(assumedOcppVersion="0.9"))["error"] == {"code": "BAD_INPUT", "field": "assumedOcppVersion"}


async def test_a_station_shows_what_it_has_told_of_itself(api: Api) -> None:
    await api.register("CS1")
    station = await load(api.journal, Station, Station.stream("CS1"))
    identity = Identity("Vendor", "Model", "S1", "1.2.3")
    station.boot(identity, T0)
    day = StationDay.open("CS1", None, T0)
    day.connect(Connection("c1", "node", "ocpp2.0.1", T0), 0, None, T0)
    for evse, connector, status in [(1, 1, "Occupied"), (1, 2, "Faulted"), (2, 1, "Levitating"), (0, 0, "Available")]:
        day.report_status(ConnectorStatus(evse, connector, status, "GroundFailure"), T0, T0)
    position = await api.record(station, day)
    shown = await api.ask(
        """query ($p: String) { station(id: "CS1", atLeastPosition: $p) {
          id online ocppVersion vendor model serialNumber firmwareVersion registrationStatus lastSeenAt
          evses { id connectors { id status errorCode updatedAt } } tariff { id }
          transactions(first: 3) { nodes { id } } } }""",
        p=position,
    )
    rest = {"errorCode": "GroundFailure", "updatedAt": "2026-11-20T08:00:00+00:00"}
    assert shown["station"] == {
        "id": "CS1",
        "online": True,
        "ocppVersion": "ocpp2.0.1",
        "vendor": "Vendor",
        "model": "Model",
        "serialNumber": "S1",
        "firmwareVersion": "1.2.3",
        "registrationStatus": "ACCEPTED",
        "lastSeenAt": "2026-11-20T08:00:00+00:00",
        "evses": [
            {"id": 1, "connectors": [{"id": 1, "status": "Occupied"} | rest, {"id": 2, "status": "Faulted"} | rest]},
            {"id": 2, "connectors": [{"id": 1, "status": "UNKNOWN"} | rest]},
        ],
        "tariff": None,
        "transactions": {"nodes": []},
    }


async def test_an_unknown_station_is_null(api: Api) -> None:
    assert await api.ask('{ station(id: "nobody") { id } }') == {"station": None}


async def test_pages_follow_each_other_without_gap_or_repetition(api: Api) -> None:
    position = await api.record(*fleet(25))
    await api.ask("query ($p: String) { stations(first: 1, atLeastPosition: $p) { nodes { id } } }", p=position)
    seen: list[str] = []
    after, more = None, True
    while more:
        page = (await api.ask(PAGE, first=10, after=after))["stations"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == [f"CS{n:03}" for n in range(25)]
    filtered = await api.ask(PAGE, first=10, filter={"ids": ["CS003", "CS007", "nobody"], "online": False})
    assert [edge["node"]["id"] for edge in filtered["stations"]["edges"]] == ["CS003", "CS007"]
    assert (await api.ask(PAGE, first=10, filter={"online": True}))["stations"]["edges"] == []


async def test_a_page_has_one_to_a_hundred(api: Api) -> None:
    for first in (0, -1, 101, 1_000_000):
        answer = await api.post(PAGE, first=first)
        assert answer["errors"][0]["message"] == f"first must be from 1 to 100, not {first}"
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_a_cursor_that_is_none_is_named(api: Api) -> None:
    for after in ("x", "ÿ", "AA", "Q1Mx=", "=" * 50, "\x00", "' OR 1=1 --"):
        answer = await api.post(PAGE, first=1, after=after)
        assert answer["errors"][0]["message"].startswith("after is not a cursor of this list")


async def test_a_page_of_a_hundred_stations_costs_few_statements_and_little_time(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    position = await api.record(*fleet(100))
    await api.ask("query ($p: String) { stations(first: 1, atLeastPosition: $p) { nodes { id } } }", p=position)
    statements: list[str] = []
    connections = [await api.pool.acquire() for _ in range(api.pool.get_max_size())]
    for connection in connections:
        connection.add_query_logger(lambda query: statements.append(query.query))
        await api.pool.release(connection)
    page = await api.ask(PAGE, first=100)
    asked = [statement for statement in statements if "connector" in statement or ".station" in statement]
    assert sum(len(e["connectors"]) for edge in page["stations"]["edges"] for e in edge["node"]["evses"]) == 200
    assert len(asked) <= 3, asked
    gc.collect()
    gc.freeze()  # as the server does when it has started
    times = []
    for _ in range(50):
        started = process_time()
        answer = await api.client.post("/graphql", json={"query": PAGE, "variables": {"first": 100}})
        times.append((process_time() - started) * 1000)
    gc.unfreeze()
    assert answer.json()["data"] == page
    with capsys.disabled():
        cost = f"{median(times):.1f} ms CPU (least {min(times):.1f})"
        print(f"\n  100 stations, 200 connectors: {cost}, {len(asked)} statements")
    assert min(times) <= 25
