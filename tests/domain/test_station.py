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


# A password that is being changed, and a higher security profile


def test_a_new_password_counts_beside_the_old_one_until_the_station_comes_with_it(station: Station) -> None:
    station.offer_credential("def", NOON)
    station.offer_credential("def", NOON)
    assert kinds(station) == ["station.credential-offered"]
    station.log_in(1, "abc", NOON)
    assert kinds(station) == []
    assert (station.credential, station.offered_credentials) == ("abc", ("def",))
    station.log_in(1, "def", NOON)
    assert kinds(station) == ["station.credential-changed"]
    assert (station.security_profile, station.credential, station.offered_credentials) == (1, "def", ())


def test_a_password_that_the_station_refused_is_withdrawn_alone(station: Station) -> None:
    station.offer_credential("def", NOON)
    station.offer_credential("ghi", NOON)
    station.withdraw_credential("def", NOON)
    station.withdraw_credential("def", NOON)
    assert kinds(station)[2:] == ["station.credential-withdrawn"]
    assert station.offered_credentials == ("ghi",), "an earlier answer may have been lost"


def test_the_present_password_is_not_offered(station: Station) -> None:
    station.offer_credential("abc", NOON)
    assert kinds(station) == []


def test_what_the_operator_registers_counts_alone(station: Station) -> None:
    station.offer_credential("def", NOON)
    station.register(security_profile=1, credential="xyz", at=NOON)
    assert (station.credential, station.offered_credentials) == ("xyz", ())


def test_a_higher_profile_holds_from_the_first_time_that_the_station_comes_with_it() -> None:
    station = Station.blank(Station.stream("CS1"))
    station.register(security_profile=0, credential=None, at=NOON)
    station.offer_credential("abc", NOON)
    station.log_in(1, "abc", NOON)
    assert (station.security_profile, station.credential) == (0, "abc"), "it has a password and need not show it"
    station.offer_profile(1, NOON)
    station.offer_credential("def", NOON)
    assert station.security_profile == 0
    station.log_in(1, "abc", NOON)
    assert (station.security_profile, station.offered_profile) == (1, None)
    assert station.offered_credentials == ("def",), "the change of the password is still under way"


def test_a_lower_profile_is_never_offered(station: Station) -> None:
    station.collect_events()
    for profile in (0, 1):
        station.offer_profile(profile, NOON)
    assert kinds(station) == []
    station.offer_profile(3, NOON)
    station.offer_profile(2, NOON)
    assert kinds(station) == ["station.security-profile-offered"]
    station.log_in(1, "abc", NOON)
    assert (station.security_profile, station.offered_profile) == (1, 3), "it has fallen back"
