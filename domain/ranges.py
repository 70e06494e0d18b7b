"""Numbers that arrived, as ranges from the first to the last of each, in order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Range = tuple[int, int]


def with_number(ranges: Sequence[Range], number: int) -> list[Range]:
    """The ranges with one more number; one that is there already changes nothing."""
    if ranges and ranges[-1][1] + 1 == number:  # as nearly always
        return [*ranges[:-1], (ranges[-1][0], number)]
    if any(first <= number <= last for first, last in ranges):
        return list(ranges)
    joined: list[Range] = []
    for first, last in sorted([*ranges, (number, number)]):
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def between(ranges: Sequence[Range]) -> list[Range]:
    """The ranges of the numbers that are missing between those that arrived."""
    return [(before[1] + 1, after[0] - 1) for before, after in pairwise(ranges)]
