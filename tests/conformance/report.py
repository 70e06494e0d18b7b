"""Runs the cases of the certification test plans and writes `docs/conformance-1.6.md` and `docs/conformance-2.0.1.md`.

`python -m tests.conformance.report [1.6 | 2.0.1]`; ends with 1 if a test failed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conformance import cases_v16, cases_v201
from tests.conformance.cases import Case

HERE = Path(__file__).parent

_HEAD = (
    "# Conformance to OCPP {version}\n\n"
    "What a CSMS is certified for in OCPP {version}, case by case. Each test plays the station in raw frames and the"
    " operator with GraphQL and nothing else; the purpose of a case is told in our words. This is not a certificate:"
    " those are given by a laboratory.\n\n"
    "{profiles}"
    "Written by `python -m tests.conformance.report`, which runs the tests. At its last run {passed} of {total} cases"
    " passed.\n"
)
_PROFILES = (
    "Profiles of certification are shortened: Sec is Advanced Security, LAL Local Authorization List Management, SC"
    " Smart Charging, ADM Advanced Device Management, AUI Advanced User Interface, Res Reservation, ISO ISO 15118"
    " support. C names the option of a product on which a case depends; a case that is not in the programme has a"
    " script, but no laboratory asks for it.\n\n"
)


class Plan(NamedTuple):
    """The test plan of one version."""

    version: str
    cases: Mapping[str, tuple[Case, ...]]
    modules: str
    """A glob of the files its tests are in."""
    profiles: str = ""
    """What is to be said of the profiles that stand beside each case, if any do."""

    @property
    def document(self) -> Path:
        return HERE.parents[1] / "docs" / f"conformance-{self.version}.md"

    @property
    def files(self) -> list[Path]:
        return sorted(HERE.glob(self.modules))

    @property
    def all_cases(self) -> list[Case]:
        return [case for group in self.cases.values() for case in group]


PLANS = {
    plan.version: plan
    for plan in (
        Plan("1.6", cases_v16.CASES, "test_v16_*.py"),
        Plan("2.0.1", cases_v201.CASES, "test_v201_*.py", _PROFILES),
    )
}


def tests(plan: Plan) -> dict[str, str]:
    """The tests of a plan's cases: the name of each function, and its file."""
    return dict(sorted(_tests(plan)))


def _tests(plan: Plan) -> Iterator[tuple[str, str]]:
    for file in plan.files:
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


def document(plan: Plan, passed: Mapping[str, bool]) -> str:
    """The document of a plan, given which tests passed."""
    files, cases = tests(plan), plan.all_cases
    count = sum(passed.get(case.test, False) for case in cases if case.test in files)
    parts = [_HEAD.format(version=plan.version, profiles=plan.profiles, passed=count, total=len(cases))]
    columns = ("id", *(("profile",) if plan.profiles else ()), "purpose", "test", "pass")
    for title, group in plan.cases.items():
        rows = [_row(plan, case, files.get(case.test), passed.get(case.test, False)) for case in group]
        parts.append("\n".join([f"## {title}\n", _cells(columns), "|---" * len(columns) + "|", *map(_cells, rows), ""]))
    return "\n".join(parts)


def _row(plan: Plan, case: Case, file: str | None, passed: bool) -> tuple[str, ...]:
    told = (case.id, case.profile, case.purpose) if plan.profiles else (case.id, case.purpose)
    if file is None:
        return (*told, "", f"open: {case.missing or 'no test yet'}")
    return (*told, f"`{file}` `{case.test}`", "yes" if passed else "no: the test fails")


def _cells(cells: tuple[str, ...]) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def write(plan: Plan) -> int:
    """Runs the tests of a plan and writes its document; pytest's exit code."""
    outcomes = Outcomes()
    code = pytest.main(["-q", *map(str, plan.files)], plugins=[outcomes])
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        plan.document.write_text(document(plan, outcomes.passed))
        print(f"{plan.document.name} written")
    return code


if __name__ == "__main__":
    sys.exit(max([write(PLANS[version]) for version in sys.argv[1:] or PLANS]))
