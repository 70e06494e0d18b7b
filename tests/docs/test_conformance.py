"""Each document of conformance names the cases there are and the tests there are, no more and no fewer."""

from __future__ import annotations

import re

import pytest

from tests.conformance import report
from tests.conformance.report import PLANS, Plan

_ROW = re.compile(r"^\| (TC_\w+) \| .+ \| (?:`(\w+\.py)` `(\w+)`)? ?\| (.+) \|$", re.MULTILINE)
_SIZES = {"1.6": 77, "2.0.1": 252}


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> Plan:
    return PLANS[request.param]


def rows(plan: Plan) -> list[tuple[str, str, str, str]]:
    return _ROW.findall(plan.document.read_text())


def test_every_case_of_the_plan_is_there_once_in_our_own_words(plan: Plan) -> None:
    cases = plan.all_cases
    assert len({case.id for case in cases}) == len(cases) == _SIZES[plan.version]
    assert all(case.purpose and bool(case.profile) == bool(plan.profiles) for case in cases)
    assert [id for id, *_ in rows(plan)] == [case.id for case in cases]


def test_the_cases_of_a_block_stand_in_its_order() -> None:
    for block, cases in PLANS["2.0.1"].cases.items():
        numbers = [int(case.id.split("_")[2]) for case in cases]
        assert numbers == sorted(numbers)
        assert {case.id.split("_")[1] for case in cases} == {block[0]}


def test_the_document_names_exactly_the_tests_that_there_are(plan: Plan) -> None:
    named = {test: file for _, file, test, _ in rows(plan) if test}
    assert named == report.tests(plan), "run: python -m tests.conformance.report"


def test_every_test_is_named_after_a_case(plan: Plan) -> None:
    assert set(report.tests(plan)) <= {case.test for case in plan.all_cases}


def test_a_case_without_a_test_is_open_and_says_why(plan: Plan) -> None:
    for id, _, test, verdict in rows(plan):
        assert (verdict == "yes" or verdict.startswith("no: ")) if test else verdict.startswith("open: "), id


def test_the_document_says_what_a_run_would_make_of_its_verdicts(plan: Plan) -> None:
    passed = {test: verdict == "yes" for _, _, test, verdict in rows(plan) if test}
    assert plan.document.read_text() == report.document(plan, passed), "run: python -m tests.conformance.report"


def test_no_file_of_tests_is_of_no_plan() -> None:
    assert sorted(report.HERE.glob("test_*.py")) == sorted(file for plan in PLANS.values() for file in plan.files)
