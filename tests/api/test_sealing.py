"""Secrets of stations sealed on their way through the journal."""

from __future__ import annotations

import pytest

from api.sealing import seal, unseal

PEPPER = b"pepper"
KEY = "00ff3a" + "c4" * 17


@pytest.mark.parametrize("secret", ["x", "Correct-Horse_42", KEY, "ü" * 200])
def test_what_is_sealed_is_read_with_the_pepper_alone(secret: str) -> None:
    sealed = seal(PEPPER, "CS1", secret)
    assert unseal(PEPPER, "CS1", sealed) == secret
    assert secret == "x" or secret not in sealed
    assert seal(PEPPER, "CS1", secret) == sealed, "so that a request can be recognised as the same"
    for pepper, station_id in ((b"salt", "CS1"), (PEPPER, "CS2")):
        with pytest.raises(ValueError, match="another"):
            unseal(pepper, station_id, sealed)


@pytest.mark.parametrize("damaged", ["", "AAAA", "!", "A" * 24, "A" * 400])
def test_what_was_never_sealed_is_not_read(damaged: str) -> None:
    with pytest.raises(ValueError, match=r"another|decode|padding|base64"):
        unseal(PEPPER, "CS1", damaged)


def test_what_was_damaged_is_not_read() -> None:
    sealed = seal(PEPPER, "CS1", KEY)
    for place in (0, 30, len(sealed) - 5):
        other = "B" if sealed[place] == "A" else "A"
        with pytest.raises(ValueError, match="another"):
            unseal(PEPPER, "CS1", sealed[:place] + other + sealed[place + 1 :])


def test_it_stays_readable_over_releases() -> None:
    assert unseal(PEPPER, "CS1", "PZYNDsnDDtRlOX287Ns9JdqZiQOnPKp13zcWyN0QF2Q=") == "Correct-Horse_42"
