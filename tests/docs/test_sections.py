"""The documents themselves: links, paths, tables made from the code, and what in them is not run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from tests.docs import generated
from tests.docs.blocks import DOCUMENTS, ROOT, RUN, SHOWN, blocks, prose

NOT_RUN = {
    "README.md": 3,
    "docs/contributors.md": 3,
    "docs/operators.md": 1,
}
"""Blocks that say that they are not run, and why: so many, and no more without somebody's noticing."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:\.?[\w-]+/)+(?:[\w.-]+)?)`")
_ELSEWHERE = re.compile(r"^(?:\.venv|\.csms|CSMS_DATA_DIR|etc|graphql)/")


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.fixture(scope="session")
def graphql_schema() -> GraphQLSchema:
    return build_schema((ROOT / "api/graphql/schema.graphql").read_text())


def test_blocks_that_are_not_run_say_so_and_are_few() -> None:
    counted = Counter(name(block.document) for d in DOCUMENTS for block in blocks(d) if block.not_run)
    assert counted == NOT_RUN


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_block_is_run_or_only_shown(document: Path) -> None:
    assert {block.language for block in blocks(document)} <= RUN | SHOWN


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_an_answer_stands_below_its_query(document: Path) -> None:
    languages = [block.language for block in blocks(document)]
    for before, language in zip(["", *languages], languages, strict=False):
        assert language != "json" or before == "graphql"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_queries_fit_the_schema(document: Path, graphql_schema: GraphQLSchema) -> None:
    for block in blocks(document):
        if block.language == "graphql":
            assert not validate(graphql_schema, parse(block.text)), block.place


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in _LINK.findall(prose(document)):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        there = (document.parent / path).resolve() if path else document
        assert there.exists(), target
        assert not anchor or anchor in _anchors(there), target


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_paths_that_are_named_exist(document: Path) -> None:
    for path in _PATH.findall(re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)):
        if not _ELSEWHERE.match(path):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_what_repeats_the_code_says_what_the_code_says(document: Path) -> None:
    text = document.read_text()
    assert text == generated.written_anew(text), "run: python -m tests.docs.generated"


def test_everything_that_is_generated_is_shown() -> None:
    assert {section for d in DOCUMENTS for section in generated.names(d)} == set(generated.SECTIONS)


@pytest.mark.parametrize("document", [*DOCUMENTS, *(ROOT / "deploy").iterdir(), ROOT / "CHANGELOG.md"], ids=name)
def test_settings_that_are_named_exist(document: Path) -> None:
    known = {f"CSMS_{setting.upper()}" for setting in generated.Settings.model_fields}
    assert set(re.findall(r"CSMS_[A-Z_]+[A-Z]", document.read_text())) <= known | {"CSMS_TEST_DATABASE_URL"}
