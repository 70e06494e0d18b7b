from typing import Any

import pytest

from tests.api.ocpp.said import said


@pytest.mark.parametrize(
    ("version", "typed", "expected"),
    [
        ("1.6", {"type": "Immediate"}, {"type": "Hard"}),
        ("1.6", {"type": "OnIdle", "evseId": 1}, {"type": "Soft"}),
        ("2.0.1", {"type": "Immediate"}, {"type": "Immediate"}),
        ("2.0.1", {"type": "OnIdle", "evseId": 1}, {"type": "OnIdle", "evseId": 1}),
    ],
)
def test_it_is_said_in_the_words_of_the_version(version: str, typed: dict[str, Any], expected: dict[str, Any]) -> None:
    assert said(version, "Reset", typed) == ("Reset", expected)
