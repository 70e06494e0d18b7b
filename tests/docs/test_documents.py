"""Every command and query of the documents does what they say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, RUN, blocks
from tests.docs.reader import Reader, Untrue

TO_READ = [document for document in DOCUMENTS if any(block.language in RUN for block in blocks(document))]


def test_what_the_documents_say_is_so(new_dsn: Callable[[], str], subtests: pytest.Subtests) -> None:
    # All at once, since readers mostly wait: for a server to start, for a car to charge.
    # A short path: a socket's may not be long. The PostgreSQL of a demo that had to be killed may still write there.
    with TemporaryDirectory(prefix="csms-docs-", ignore_cleanup_errors=True) as folder:
        readers = {d: Reader(d, new_dsn(), new_dsn(), Path(folder, d.stem)) for d in TO_READ}
        with ThreadPoolExecutor(len(readers)) as people:
            reading = {document: people.submit(reader.read) for document, reader in readers.items()}
    for document, read in reading.items():
        with subtests.test(document=str(document.relative_to(ROOT))):
            error = read.exception()
            if isinstance(error, Untrue):
                pytest.fail(str(error), pytrace=False)
            read.result()
