"""Runs the cases of the certification test plan and writes `docs/conformance-1.6.md`.

`python -m tests.conformance.report`; ends with 1 if a test failed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conformance.cases_v16 import CASES, Case

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "conformance-1.6.md"

_HEAD = (
    "# Conformance to OCPP 1.6\n\n"
    "What a CSMS is certified for in OCPP 1.6, case by case. Each test plays the station in raw frames and the operator"
    " with GraphQL and nothing else; the purpose of a case is told in our words. This is not a certificate: those are"
    " given by a laboratory.\n\n"
    "Written by `python -m tests.conformance.report`, which runs the tests. At its last run {passed} of {total} cases"
    " passed.\n"
)


def tests() -> dict[str, str]:
    """The tests of cases: the name of each function, and its file."""
    return dict(sorted(_tests()))


def _tests() -> Iterator[tuple[str, str]]:
    for file in HERE.glob("test_v16_*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_tc_"):
                yield node.name, file.name


class Outcomes:
    """A plugin of pytest: which tests passed, with all their parameters."""

    def __init__(self) -> None:
        self.passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        self.passed[name] = self.passed.get(name, True) and report.passed


def document(passed: Mapping[str, bool]) -> str:
    """The document, given which tests passed."""
    files, cases = tests(), [case for group in CASES.values() for case in group]
    count = sum(passed.get(case.test, False) for case in cases if case.test in files)
    parts = [_HEAD.format(passed=count, total=len(cases))]
    for profile, group in CASES.items():
        rows = [_row(case, files.get(case.test), passed.get(case.test, False)) for case in group]
        parts.append("\n".join([f"## {profile}\n", "| id | purpose | test | pass |", "|---|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def _row(case: Case, file: str | None, passed: bool) -> str:
    if file is None:
        return f"| {case.id} | {case.purpose} | | open: {case.missing or 'no test yet'} |"
    verdict = "yes" if passed else "no: the test fails"
    return f"| {case.id} | {case.purpose} | `{file}` `{case.test}` | {verdict} |"


if __name__ == "__main__":
    outcomes = Outcomes()
    code = pytest.main(["-q", *map(str, sorted(HERE.glob("test_v16_*.py")))], plugins=[outcomes])
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        DOCUMENT.write_text(document(outcomes.passed))
        print(f"{DOCUMENT.name} written")
    sys.exit(code)
