"""What can be told of a PEM text without looking into the certificate."""

from __future__ import annotations

from time import perf_counter

import pytest

from domain.certificates import is_pem
from tests.pem import CSR, LEAF, ROOT


@pytest.mark.parametrize(
    "text", [ROOT, ROOT.strip(), ROOT.replace("\n", "\r\n"), ROOT.replace("\n", ""), f"\n {ROOT} \n"]
)
def test_a_certificate_is_readable_however_its_lines_are_broken(text: str) -> None:
    assert is_pem(text, "CERTIFICATE")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMAA!\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----",
        ROOT[:300] + ROOT[365:],
        ROOT.replace("END CERTIFICATE", "END X"),
        f"{ROOT}and more",
        CSR,
        LEAF + ROOT,
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_pem(text, "CERTIFICATE")


def test_it_may_have_one_of_several_labels() -> None:
    assert is_pem(CSR, "NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST")


def test_a_chain_is_as_long_as_it_may_be() -> None:
    assert is_pem(LEAF + ROOT, "CERTIFICATE", most=2)
    assert not is_pem(LEAF + ROOT + ROOT, "CERTIFICATE", most=2)
    assert not is_pem(LEAF + CSR, "CERTIFICATE", most=2)


@pytest.mark.parametrize("part", ["-----BEGIN A-----", "-----BEGIN A-----\n ", "A ", "-", "-----BEGIN "])
def test_a_long_text_of_ill_will_takes_no_time(part: str) -> None:
    started = perf_counter()
    assert not is_pem(part * (10_000 // len(part)), "CERTIFICATE")
    assert perf_counter() - started < 0.5
