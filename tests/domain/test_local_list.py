"""How a list goes in several messages."""

from __future__ import annotations

import pytest

from domain.local_list import parts


@pytest.mark.parametrize("most", [None, 3, 4])
def test_what_fits_goes_in_one(most: int | None) -> None:
    assert list(parts("Full", "ABC", most)) == [("Full", "ABC")]


def test_a_full_list_goes_on_with_changes() -> None:
    assert list(parts("Full", "ABCDE", 2)) == [("Full", "AB"), ("Differential", "CD"), ("Differential", "E")]
    assert list(parts("Differential", "AB", 1)) == [("Differential", "A"), ("Differential", "B")]


@pytest.mark.parametrize("most", [None, 0, 2])
def test_an_empty_list_is_a_message_too(most: int | None) -> None:
    assert list(parts("Full", "", most)) == [("Full", "")]


def test_a_station_that_says_nothing_sensible_is_sent_all_at_once() -> None:
    assert list(parts("Full", "AB", 0)) == [("Full", "AB")]
