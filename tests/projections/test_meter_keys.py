"""Keys of meters: trusted and reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.configuration import ConfigurationBook, Setting, Variable
from domain.events import MeterKeys
from domain.signed_containers import fingerprint
from domain.values import Evse
from projections.configuration import configuration
from projections.meter_keys import MeterKeyRow, meter_keys, meter_keys_of, reported_meter_keys
from tests.projections.shelf import Shelf
from tests.signing_meter import Meter

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


async def test_keys_show_while_they_are_trusted(shelf: Shelf) -> None:
    one, other = Meter().key, Meter().key
    keys = MeterKeys.blank(MeterKeys.stream("CS/1"))
    keys.set(1, one.hex(), NOON)
    keys.set(0, other.hex(), LATER)
    keys.set(2, other.hex(), NOON)
    keys.withdraw(2, fingerprint(other), LATER)
    await shelf.given(keys)
    await shelf.show(meter_keys, batch=1)
    assert await meter_keys_of(shelf.pool, ["CS/1", "CS2"]) == {
        "CS/1": [
            MeterKeyRow("CS/1", 0, fingerprint(other), other.hex(), LATER, None),
            MeterKeyRow("CS/1", 1, fingerprint(one), one.hex(), NOON, None),
        ]
    }
    keys.set(2, other.hex(), LATER)
    await shelf.given(keys)
    await shelf.show(meter_keys)
    assert len((await meter_keys_of(shelf.pool, ["CS/1"]))["CS/1"]) == 3


async def test_what_stations_say_of_their_keys_is_found_under_either_name(shelf: Shelf) -> None:
    settings = (
        Setting(Variable("MeterPublicKey2"), "k2"),
        Setting(Variable("MeterPublicKey"), "k0"),
        Setting(Variable("MeterPublicKey3"), ""),
        Setting(Variable("MeterPublicKeys"), "other"),
        Setting(Variable("PublicKey", "FiscalMetering", evse=Evse(7)), "k7"),
        Setting(Variable("PublicKey", "Other"), "other"),
    )
    book = ConfigurationBook.blank(ConfigurationBook.stream("CS1", NOON.date()))
    book.trigger_event(ConfigurationBook.Reported, settings=settings, timestamp=NOON)
    await shelf.given(book)
    await shelf.show(configuration)
    assert sorted(await reported_meter_keys(shelf.pool, "CS1")) == [(0, "k0"), (2, "k2"), (7, "k7")]
    assert await reported_meter_keys(shelf.pool, "CS2") == []
