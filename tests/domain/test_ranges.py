from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.ranges import Range, between, with_number


@given(st.lists(st.integers(-3, 30)))
def test_ranges_are_what_has_come_whatever_the_order(numbers: list[int]) -> None:
    ranges: list[Range] = []
    for number in numbers:
        before = list(ranges)
        after = with_number(ranges, number)
        assert ranges == before, "the ranges that were given stay as they are"
        ranges = after
    held = [number for first, last in ranges for number in range(first, last + 1)]
    assert held == sorted(set(numbers))
    missing = {number for first, last in between(ranges) for number in range(first, last + 1)}
    assert missing == (set(range(min(numbers), max(numbers) + 1)) - set(numbers) if numbers else set())
    assert all(first <= last for first, last in between(ranges)), "neighbours are one range"
