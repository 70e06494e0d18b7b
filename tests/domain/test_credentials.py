"""Secrets of stations: as a fingerprint, and in the forms in which stations show them."""

from __future__ import annotations

import pytest

from domain.credentials import derive, fingerprint, verify

PEPPER = b"pepper"
KEY = "00ff3a" + "c4" * 17


@pytest.mark.parametrize("presented", [KEY.encode(), KEY.upper().encode(), bytes.fromhex(KEY)])
def test_a_key_counts_as_digits_and_as_bytes(presented: bytes) -> None:
    assert verify(PEPPER, "CS1", presented, fingerprint(PEPPER, "CS1", KEY.encode()))


@pytest.mark.parametrize("presented", [b"Correct-Horse_42", b"Correct-Horse_42".hex().encode()])
def test_a_password_counts_as_text_and_as_the_digits_that_a_1_6_station_was_told(presented: bytes) -> None:
    assert verify(PEPPER, "CS1", presented, fingerprint(PEPPER, "CS1", b"Correct-Horse_42"))


@pytest.mark.parametrize(
    "presented", [b"", b"correct-horse_42", b"Correct-Horse_4", b"Correct-Horse_42 ", b"\xff" * 20]
)
def test_nothing_else_counts(presented: bytes) -> None:
    assert not verify(PEPPER, "CS1", presented, fingerprint(PEPPER, "CS1", b"Correct-Horse_42"))
    assert not verify(PEPPER, "CS2", b"Correct-Horse_42", fingerprint(PEPPER, "CS1", b"Correct-Horse_42"))
    assert not verify(PEPPER, "CS1", presented, None)


def test_a_derived_secret_is_that_of_its_name() -> None:
    assert derive(PEPPER, "CS1", "key") == derive(PEPPER, "CS1", "key")
    assert len({derive(PEPPER, "CS1", "key"), derive(PEPPER, "CS1", "key 2"), derive(PEPPER, "CS2", "key")}) == 3
    assert len(bytes.fromhex(derive(PEPPER, "CS1", "key"))) == 20
