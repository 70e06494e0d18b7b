"""A network of simulated stations of one version that is asked everything there is to ask, at random, while it charges.

Short by itself; CSMS_NETWORK_SECONDS makes it as long as one likes. The seed is printed: CSMS_TEST_SEED has it again.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from random import Random
from time import monotonic
from typing import Any, Literal

import pytest

from app.simulator import FleetPlan, run_fleet
from tests.endtoend.front_end import COMMAND, Api
from tests.endtoend.server import Server, csms
from tests.pem import LEAF, ROOT

SECONDS = float(os.environ.get("CSMS_NETWORK_SECONDS", "15"))
STATIONS = 50
_ASKERS = 8
_ROUNDS = 4
"""In how many the stations hear the rest: a reconciliation has one thing to ask after the other."""
_WHEN = "2026-11-20T12:00:00Z"
_DROPPED = "the connection closed before the station answered"
"""The one error that may be: a reset ends the connection over which something else was asked."""


def _profile(dice: Random, purpose: str = "TX_DEFAULT_PROFILE") -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "periods": [{"startPeriod": 0, "limit": f"{dice.randrange(6, 33)}"}]}
    return {
        "id": dice.randrange(1, 9),
        "stackLevel": dice.randrange(3),
        "purpose": purpose,
        "kind": "ABSOLUTE",
        "schedule": schedule | {"startSchedule": _WHEN},
    }


def _hash() -> dict[str, Any]:
    return {"hashAlgorithm": "SHA256", "issuerNameHash": "0" * 64, "issuerKeyHash": "1" * 64, "serialNumber": "A1"}


Inputs = dict[str, Callable[[Random], dict[str, Any]]]

ANY: Inputs = {
    "remoteStart": lambda dice: {"idToken": "NETWORK", "evseId": dice.choice([1, 2])},
    "remoteStop": lambda dice: {},
    "changePassword": lambda dice: {},
    "reset": lambda dice: {"type": dice.choice(["IMMEDIATE", "ON_IDLE"])},
    "unlockConnector": lambda dice: {"evseId": dice.choice([1, 2, 9])},
    "changeAvailability": lambda dice: {"operative": dice.random() < 0.8, "evseId": dice.choice([None, 1, 2])},
    "triggerMessage": lambda dice: {
        "requestedMessage": dice.choice(["Heartbeat", "MeterValues", "StatusNotification", "BootNotification"])
    },
    "clearCache": lambda dice: {},
    "sendDataTransfer": lambda dice: {"vendorId": "org.example", "messageId": "m", "data": "text"},
    "sendLocalList": lambda dice: {
        "updateType": dice.choice(["FULL", "DIFFERENTIAL"]),
        "entries": [{"idToken": f"LOCAL{dice.randrange(9)}", "status": "Accepted"}],
    },
    "getLocalListVersion": lambda dice: {},
    "reserveNow": lambda dice: {"idToken": "NETWORK", "evseId": dice.choice([1, 2]), "minutes": 5},
    "cancelReservation": lambda dice: {"reservationId": dice.randrange(1, 9)},
    "setChargingProfile": lambda dice: {"evseId": dice.choice([0, 1, 2]), "profile": _profile(dice)},
    "clearChargingProfile": lambda dice: dice.choice([{}, {"profileId": 1}, {"evseId": 1, "stackLevel": 0}]),
    "getCompositeSchedule": lambda dice: {"evseId": dice.choice([0, 1]), "duration": 600},
    "reconcileStation": lambda dice: {},
}
V16: Inputs = {
    "changeConfiguration": lambda dice: {
        "variables": [{"variable": "MeterValueSampleInterval", "value": f"{dice.randrange(30, 90)}"}]
    },
    "getConfiguration": lambda dice: {"variables": dice.choice([[], [{"variable": "HeartbeatInterval"}]])},
    "updateFirmware": lambda dice: (
        {"location": "https://example.org/f", "retrieveAt": _WHEN}
        | dice.choice([{}, {"signature": "c2ln", "signingCertificate": LEAF}])
    ),
    "getDiagnostics": lambda dice: {"location": "https://example.org/up"},
    "getLog": lambda dice: {"location": "https://example.org/up", "logType": "SecurityLog"},
    "installCertificate": lambda dice: {"type": "CSMSRootCertificate", "certificate": ROOT},
    "getInstalledCertificateIds": lambda dice: {"types": ["CSMSRootCertificate"]},
    "deleteCertificate": lambda dice: _hash(),
    "sendCertificateSigned": lambda dice: {"certificateChain": LEAF},
}
_INTERVAL = {"component": "SampledDataCtrlr", "variable": "TxUpdatedInterval"}
_POWER = {"component": "EVSE", "evseId": 1, "variable": "Power"}
V201: Inputs = {
    "changeConfiguration": lambda dice: {"variables": [_INTERVAL | {"value": f"{dice.randrange(30, 90)}"}]},
    "getConfiguration": lambda dice: {"variables": [dice.choice([_INTERVAL, _POWER])]},
    "getBaseReport": lambda dice: {"reportBase": dice.choice(["FULL_INVENTORY", "SUMMARY_INVENTORY"])},
    "getReport": lambda dice: {"variables": dice.choice([[_POWER], [{"component": "Nothing"}]])},
    "getChargingProfiles": lambda dice: dice.choice([{}, {"evseId": 1}, {"sources": ["CSO"], "stackLevel": 0}]),
    "getTransactionStatus": lambda dice: {},
    "requestCustomerInformation": lambda dice: {"report": True, "clear": dice.random() < 0.5, "idToken": "NETWORK"},
    "setNetworkProfile": lambda dice: {
        "slot": dice.randrange(5),
        "url": "wss://example.org/ocpp",
        "securityProfile": 1,
        "interface": "Wired0",
    },
    "setNetworkPriority": lambda dice: {"slots": [dice.randrange(5)]},
    "setDisplayMessage": lambda dice: {
        "messageId": dice.randrange(1, 9),
        "text": f"Hello {dice.randrange(9)}",
        "format": dice.choice(["UTF8", "HTML"]),
    },
    "getDisplayMessages": lambda dice: dice.choice([{}, {"messageIds": [1, 2]}, {"priority": "InFront"}]),
    "clearDisplayMessage": lambda dice: {"messageId": dice.randrange(1, 9)},
    "setVariableMonitoring": lambda dice: {
        "monitors": [_POWER | {"type": dice.choice(["UpperThreshold", "Delta"]), "value": "9000", "severity": 5}]
    },
    "clearVariableMonitoring": lambda dice: {"monitorIds": [dice.randrange(1, 5)]},
    "getMonitoringReport": lambda dice: {"criteria": dice.choice([[], ["DeltaMonitoring"]])},
    "setMonitoringBase": lambda dice: {"base": dice.choice(["All", "HardWiredOnly"])},
    "setMonitoringLevel": lambda dice: {"severity": dice.randrange(10)},
}
EVERYTHING = {"1.6": ANY | V16, "2.0.1": ANY | V201}
_UNCOMMANDED = {"reconcileStation"}
"""Asks for no command of its own."""


class Network:
    def __init__(self, api: Api, dice: Random, version: Literal["1.6", "2.0.1"]) -> None:
        self.api = api
        self.everything = EVERYTHING[version]
        self.dice = dice
        self.over = asyncio.Event()
        self.asked: Counter[str] = Counter()
        self.plan = FleetPlan(
            url=api.server.ocpp,
            stations=STATIONS,
            version=version,
            speed=1200,
            seed=dice.randrange(10**6),
            prefix="NET",
            sessions=1,
            idle=300,
            stay=1800,
            retry=0.1,
            invalid_tokens=0.02,
        )

    async def charge(self) -> None:
        """Sessions one after the other; each fleet is over when all it had to tell has been heard."""
        until = monotonic() + SECONDS
        while monotonic() < until:
            stats = await run_fleet(self.plan)
            assert stats.call_errors == 0, list(stats.problems)[:3]
        self.over.set()

    async def ask(self) -> None:
        while not self.over.is_set():
            name = self.dice.choice(list(self.everything))
            station = self.dice.choice(self.plan.names())
            input = self.everything[name](self.dice)
            if name in ("remoteStop", "getTransactionStatus"):
                input |= await self._running(station)
            fields = "" if name in _UNCOMMANDED else COMMAND
            payload = await self.api.do(name, fields, stationId=station, **input)
            assert payload["error"] is None, (name, payload)
            self.asked[name] += 1

    async def _running(self, station: str) -> dict[str, str]:
        """A transaction of a station that has not ended, if it has one."""
        query = (
            "query($id: ID!) { transactions(first: 1, filter: {stationId: $id, state: ACTIVE})"
            " { nodes { transactionId } } }"
        )
        nodes = (await self.api.ask(query, id=station))["transactions"]["nodes"]
        return {"transactionId": nodes[0]["transactionId"] if nodes else "1"}

    async def release(self) -> None:
        """What was put out of service would never finish its sessions."""
        while not self.over.is_set():
            await asyncio.sleep(3)
            for station in self.plan.names():
                if not self.over.is_set():
                    await self.api.do("changeAvailability", stationId=station, operative=True, waitSeconds=0)


async def _all(api: Api, field: str, nodes: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page_of = f"nodes {{ {nodes} }} pageInfo {{ hasNextPage endCursor }}"
        query = f"query($after: String) {{ it: {field}(first: 100, after: $after) {{ {page_of} }} }}"
        page = (await api.ask(query, after=after))["it"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_network_that_is_asked_everything_owes_no_answer_and_keeps_no_orphan(
    own_server: Callable[..., Server], dice: Random, version: Literal["1.6", "2.0.1"]
) -> None:
    server = own_server(unknown_stations="accept", answer_timeout="20")
    async with Api(server) as api:
        network = Network(api, dice, version)
        for token in (*network.plan.tokens(), "NETWORK"):
            await api.well("setIdToken", idToken=token, status="Accepted")
        first = asyncio.create_task(network.charge())
        await api.until(
            lambda answer: len(answer["stations"]["nodes"]) == STATIONS, "{ stations(first: 100) { nodes { id } } }"
        )
        for station in network.plan.names()[::2]:
            await api.well("setStationOptions", stationId=station, reconcile="ON_BOOT")
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_ASKERS):
                tasks.create_task(network.ask())
            tasks.create_task(network.release())
            await first
        for station in network.plan.names()[::2]:
            await api.well("setStationOptions", stationId=station, reconcile="MANUAL")
        for _ in range(_ROUNDS):
            await run_fleet(network.plan)  # unasked: what was asked for at the very end is still to be sent
            await asyncio.sleep(1)
            commands = await _all(api, "commands", "action status error")
            reconciliations = await _all(api, "reconciliations", "status findings { problem }")
            if all(each["status"] not in ("REQUESTED", "SENT") for each in (*commands, *reconciliations)):
                break
        transactions = await _all(api, "transactions", "id state estimated provisional")
    statuses = Counter(command["status"] for command in commands)
    errors = Counter(command["error"] for command in commands if command["status"] == "ERROR")
    print(f"{len(transactions)} transactions, {dict(statuses)}, {dict(errors)}, {dict(network.asked)}")
    done = Counter(reconciliation["status"] for reconciliation in reconciliations)
    problems = Counter(found["problem"] for each in reconciliations for found in each["findings"])
    print(f"reconciliations: {dict(done)}, {dict(problems)}")
    assert len(transactions) >= STATIONS
    assert set(network.asked) == set(network.everything) or SECONDS < 60
    assert set(statuses) <= {"ACCEPTED", "REJECTED", "ERROR"}, statuses
    assert set(errors) <= {_DROPPED}, errors
    assert set(done) <= {"DONE"}
    assert [t for t in transactions if t["state"] != "ENDED" or t["provisional"]] == []
    audit = subprocess.run(  # noqa: ASYNC221  # nobody else runs by now
        [*csms(), "audit"], env=server.environment, capture_output=True, text=True, check=False
    )
    assert audit.returncode == 0, audit.stdout
