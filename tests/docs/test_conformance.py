"""The document of conformance names the cases there are and the tests there are, no more and no fewer."""

from __future__ import annotations

import re

from tests.conformance import report
from tests.conformance.cases_v16 import CASES

_ROW = re.compile(r"^\| (TC_\w+) \| .+ \| (?:`(\w+\.py)` `(\w+)`)? ?\| (.+) \|$", re.MULTILINE)
ALL = [case for group in CASES.values() for case in group]


def rows() -> list[tuple[str, str, str, str]]:
    return _ROW.findall(report.DOCUMENT.read_text())


def test_every_case_of_the_plan_is_there_once_in_our_own_words() -> None:
    assert len({case.id for case in ALL}) == len(ALL) == 77
    assert [id for id, *_ in rows()] == [case.id for case in ALL]


def test_the_document_names_exactly_the_tests_that_there_are() -> None:
    named = {test: file for _, file, test, _ in rows() if test}
    assert named == report.tests(), "run: python -m tests.conformance.report"


def test_every_test_is_named_after_a_case() -> None:
    assert set(report.tests()) <= {case.test for case in ALL}


def test_a_case_without_a_test_is_open_and_says_why() -> None:
    for id, _, test, verdict in rows():
        assert (verdict == "yes" or verdict.startswith("no: ")) if test else verdict.startswith("open: "), id


def test_the_document_says_what_a_run_would_make_of_its_verdicts() -> None:
    passed = {test: verdict == "yes" for _, _, test, verdict in rows() if test}
    assert report.DOCUMENT.read_text() == report.document(passed), "run: python -m tests.conformance.report"
