from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.events import Station
from domain.station import Identity
from domain.values import RegistrationStatus

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOX = Identity("Vendor", "Model", firmware_version="1")


@pytest.fixture
def station() -> Station:
    station = Station.blank(Station.stream("CS1"))
    station.register(security_profile=1, credential="abc", at=NOON)
    station.collect_events()
    return station


def kinds(station: Station) -> list[str]:
    return [event.TOPIC for event in station.collect_events()]  # type: ignore[attr-defined]


def test_a_station_is_registered_once() -> None:
    station = Station.blank(Station.stream("CS1"))
    assert not station.exists
    station.register(security_profile=1, credential="abc", at=NOON)
    station.register(security_profile=1, credential="abc", at=NOON)
    assert kinds(station) == ["station.registered"]
    assert (station.exists, station.security_profile, station.credential) == (True, 1, "abc")


@pytest.mark.parametrize(("profile", "credential"), [(1, "def"), (0, None), (2, "abc")])
def test_registering_it_again_changes_its_credentials(profile: int, credential: str | None, station: Station) -> None:
    station.register(security_profile=profile, credential=credential, at=NOON)
    assert kinds(station) == ["station.credential-changed"]
    assert (station.security_profile, station.credential) == (profile, credential)


def test_the_first_boot_identifies_and_accepts(station: Station) -> None:
    assert not station.accepted
    assert station.boot(BOX, NOON) is RegistrationStatus.ACCEPTED
    assert kinds(station) == ["station.identified", "station.boot-answered"]
    assert station.accepted


def test_a_further_boot_tells_only_what_is_new(station: Station) -> None:
    station.boot(BOX, NOON)
    station.collect_events()
    station.boot(BOX, NOON)
    assert kinds(station) == []
    station.boot(Identity("Vendor", "Model", firmware_version="2"), NOON)
    assert kinds(station) == ["station.identified"]


def test_a_station_keeps_the_status_it_booted_with_until_it_boots_again(station: Station) -> None:
    station.boot(BOX, NOON)
    station.set_registration_status(RegistrationStatus.REJECTED, NOON)
    station.set_registration_status(RegistrationStatus.REJECTED, NOON)
    assert station.accepted
    assert station.boot(BOX, NOON) is RegistrationStatus.REJECTED
    assert not station.accepted
    assert kinds(station)[2:] == ["station.registration-status-set", "station.boot-answered"]


def test_a_tariff_of_an_evse_goes_before_that_of_the_station(station: Station) -> None:
    station.assign_tariff("day", None, NOON)
    station.assign_tariff("fast", 2, NOON)
    station.assign_tariff("fast", 2, NOON)
    assert kinds(station) == ["station.tariff-assigned"] * 2
    assert [station.tariff_id(evse) for evse in (None, 1, 2)] == ["day", "day", "fast"]
    station.assign_tariff(None, 2, NOON)
    station.assign_tariff(None, 2, NOON)
    assert station.tariff_id(2) == "day"
    station.assign_tariff(None, None, NOON)
    assert station.tariff_id(1) is None
    assert kinds(station) == ["station.tariff-assigned"] * 2
