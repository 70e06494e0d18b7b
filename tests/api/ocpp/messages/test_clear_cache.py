import pytest

from tests.api.ocpp.said import said


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_it_says_nothing_more(version: str) -> None:
    assert said(version, "ClearCache", {}) == ("ClearCache", {})
