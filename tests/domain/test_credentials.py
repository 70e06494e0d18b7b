"""Secrets of stations: as a fingerprint, in the forms in which stations show them, and sealed on their way."""

from __future__ import annotations

import pytest

from domain.credentials import derive, fingerprint, seal, unseal, verify

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


@pytest.mark.parametrize("secret", ["", "Correct-Horse_42", KEY, "ü" * 32])
def test_what_is_sealed_is_read_with_the_pepper_alone(secret: str) -> None:
    sealed = seal(PEPPER, "CS1", secret)
    assert unseal(PEPPER, "CS1", sealed) == secret
    assert not secret or secret not in sealed
    assert seal(PEPPER, "CS1", secret) == sealed, "so that a request can be recognised as the same"
    for pepper, station_id in ((b"salt", "CS1"), (PEPPER, "CS2")):
        with pytest.raises(ValueError, match="another"):
            unseal(pepper, station_id, sealed)


@pytest.mark.parametrize("damaged", ["", "AAAA", "!", "A" * 24, "A" * 400])
def test_what_was_never_sealed_is_not_read(damaged: str) -> None:
    with pytest.raises(ValueError, match=r"another|decode|padding|base64"):
        unseal(PEPPER, "CS1", damaged)
    sealed = seal(PEPPER, "CS1", KEY)
    with pytest.raises(ValueError, match="another"):
        unseal(PEPPER, "CS1", ("B" if sealed[30] == "A" else "A").join((sealed[:30], sealed[31:])))


def test_what_is_too_long_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        seal(PEPPER, "CS1", "x" * 65)


def test_different_secrets_share_no_key_stream() -> None:
    first, second = seal(PEPPER, "CS1", "a" * 40), seal(PEPPER, "CS1", "a" * 39 + "b")
    assert first[24:] != second[24:]


def test_a_derived_secret_is_that_of_its_name() -> None:
    assert derive(PEPPER, "CS1", "key") == derive(PEPPER, "CS1", "key")
    assert len({derive(PEPPER, "CS1", "key"), derive(PEPPER, "CS1", "key 2"), derive(PEPPER, "CS2", "key")}) == 3
    assert len(bytes.fromhex(derive(PEPPER, "CS1", "key"))) == 20
