"""A reader who would believe anything is no use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import blocks
from tests.docs.reader import Reader, Untrue, _commands, _is_shown, _matches


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("```console\n$ echo one\ntwo\n```", "shows"),
        ("```console\n$ echo one; echo two\ntwo\none\n```", "shows"),
        ("```console\n$ false\n```", "ended with 1"),
        ("```python\nassert False\n```", "ended with 1"),
        ("```python\n# app/cli.py\n```", "not what app/cli.py says"),
        ("```text\n$ rm\n```", "only shown"),
    ],
)
def test_what_is_not_so_is_found(text: str, wrong: str, tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text(f"# Title\n\n{text}\n")
    with pytest.raises(Untrue, match=wrong) as found:
        Reader(document, "postgresql://one", "postgresql://two", tmp_path / "reader").read()
    assert f"{document.name}:3" in str(found.value)


def test_what_is_so_is_believed(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text(
        '```console\n$ export NAME=you\n$ echo "hello, $NAME"; date +%Y\nhello, y…\n…\n$ echo a \\\n    b\na b\n```\n'
    )
    Reader(document, "postgresql://one", "postgresql://two", tmp_path / "reader").read()


def test_commands_and_what_they_show() -> None:
    assert list(_commands("$ one \\\n  more\nshown\n\n$ two\n^C\n")) == [
        ("one \\\n  more", ["shown"]),
        ("two", []),
        ("^C", []),
    ]


@pytest.mark.parametrize(
    ("said", "shown", "so"),
    [
        ("a\nb\nc", ["a", "c"], True),
        ("a\nb", ["b", "a"], False),
        ("│ x │  1 │", ["│ x │ 1 │"], True),
        ("a 1 b", ["a … b"], True),
        ("a", ["a."], False),
    ],
)
def test_lines_are_shown_in_their_order(said: str, shown: list[str], so: bool) -> None:
    assert _is_shown(said, shown) is so


@pytest.mark.parametrize(
    ("value", "expected", "so"),
    [
        ({"a": 1, "b": None}, {"a": 1, "b": None}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": 1}, {"a": "…"}, True),
        ({"a": None}, {"a": "…"}, False),
        ([1, 2, 3], [1, "…"], True),
        ([1, 2], [1], False),
        ([], [1, "…"], False),
        (1, True, False),
        ("2026-11-20", "2026-…", True),
        ("10", 10, False),
    ],
)
def test_answers_are_as_expected(value: Any, expected: Any, so: bool) -> None:
    assert _matches(value, expected) is so


def test_a_reason_stands_above_a_block_for_all_to_see(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text("*Not run by the tests: it takes an hour.*\n```console\n$ one\n```\n\n```console\n$ two\n```\n")
    assert [block.not_run for block in blocks(document)] == ["it takes an hour", None]
