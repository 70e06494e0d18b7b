"""Keys of meters that an operator trusts."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from domain.events import MeterKeys
from domain.ocmf import Unreadable
from domain.signed_containers import fingerprint
from tests.signing_meter import Meter

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_key_is_set_once_however_it_is_written_and_withdrawn_once() -> None:
    keys, key = MeterKeys.blank(MeterKeys.stream("CS1")), Meter().key
    keys.set(1, key.hex(), NOON)
    keys.set(1, b64encode(key).decode(), NOON)
    assert keys.trusted == {(1, fingerprint(key))}
    keys.withdraw(2, fingerprint(key), NOON)
    for _ in range(2):
        keys.withdraw(1, fingerprint(key), NOON)
    assert keys.trusted == set()
    keys.set(1, key.hex(), NOON)
    topics = [event.TOPIC for event in keys.collect_events()]
    assert topics == ["meter-keys.set", "meter-keys.withdrawn", "meter-keys.set"]


def test_another_key_beside_it_and_another_evse_take_nothing_away() -> None:
    keys = MeterKeys.blank(MeterKeys.stream("CS1"))
    for evse_id, key in ((0, Meter().key), (1, Meter().key), (1, Meter().key)):
        keys.set(evse_id, key.hex(), NOON)
    assert len(keys.trusted) == 3
    with pytest.raises(Unreadable):
        keys.set(1, "no key", NOON)
