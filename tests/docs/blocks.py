"""The fenced blocks of a Markdown document, in order, and which of them say visibly that they are not run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")])

RUN = frozenset({"console", "graphql", "sql", "python"})
SHOWN = frozenset({"json", "text"})
"""An answer, checked against what the block before it gets; pictures, captures and wire text."""

_FENCE = re.compile(r"^```(\S*)$")
_NOT_RUN = re.compile(r"^\*Not run by the tests: (.{10,})\.\*$")


@dataclass(frozen=True)
class Block:
    document: Path
    line: int
    language: str
    text: str
    not_run: str | None
    """The reason that stands above the block, where a reader sees it."""

    @property
    def place(self) -> str:
        return f"{os.path.relpath(self.document, ROOT)}:{self.line}"


def blocks(document: Path) -> Iterator[Block]:
    before, opened, lines = "", None, list[str]()
    for number, line in enumerate(document.read_text().splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened, lines = (number, fence[1]), []
        elif opened is not None and fence and not fence[1]:
            marker = _NOT_RUN.match(before)
            yield Block(document, *opened, "\n".join(lines) + "\n", marker[1] if marker else None)
            opened, before = None, ""
        elif opened is not None:
            lines.append(line)
        elif line:
            before = line
    assert opened is None, f"{document} ends inside a block"


def prose(document: Path) -> str:
    """The text without its blocks and inline code."""
    without = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", without)
