"""Bills computed by hand, beside the bills that come out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.rating import Bill, check, rate
from tests.billing.case import LINE, TOTAL, Session, cases, doubts_of, said, same_quantity, terms_of


@pytest.mark.parametrize("case", [case for _, case in cases()], ids=[name for name, _ in cases()])
def test_the_bill_is_the_one_computed_by_hand(case: dict[str, Any]) -> None:
    terms = terms_of(case.get("tariff"))
    if terms is not None:
        check(terms)
    session = Session(case["session"], terms)
    if "energy" in case:
        _check_energy(case, session)
    if "bill" in case:
        _check_bill(case, rate(session.course, terms))


def test_there_are_enough_cases_and_each_has_a_name_of_its_own() -> None:
    names = [name for name, _ in cases()]
    assert len(names) == len(set(names)) >= 60


def _check_energy(case: dict[str, Any], session: Session) -> None:
    truth = session.truth
    assert truth is not None
    assert f"{Decimal(truth.wh) / 1000} kWh, {truth.source}, {truth.certainty.lower()}" == case["energy"]
    assert truth.doubts == doubts_of(case.get("doubts", [])), truth.findings
    assert truth.held == (case.get("held") == "yes")


def _check_bill(case: dict[str, Any], bill: Bill) -> None:
    assert len(bill.lines) == len(case["bill"]), bill.lines
    for line, told in zip(bill.lines, case["bill"], strict=True):
        match = LINE.fullmatch(told)
        assert match, told
        kind, net, tax = match["kind"] or match["limit"], match["net"] or match["limit_net"], None
        tax = match["tax"] or match["limit_tax"]
        assert said(line) == {"kind": kind, "net": Decimal(net), "tax": Decimal(tax)}, line
        if match["quantity"]:
            assert same_quantity(match["quantity"], match["unit"], line.quantity), line
            assert same_quantity(match["measured"] or match["quantity"], match["unit"], line.measured), line
            assert line.unit_price == Decimal(match["price"])
    match = TOTAL.fullmatch(case["total"])
    assert match, case["total"]
    assert (bill.total_excl_vat, bill.total_vat, bill.total_incl_vat) == tuple(map(Decimal, match.groups()))
    assert str(bill.total_incl_vat) == match[3]
