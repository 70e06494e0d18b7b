from __future__ import annotations

from dataclasses import replace

import pytest

from tests.api.ocpp.line import Line

REQUEST = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgCAA=="}


class Pool:
    def __init__(self, answer: str | None) -> None:
        self.answer = answer

    async def exchange(self, schema_version: str, action: str, exi_request: str) -> str | None:
        assert (schema_version, action, exi_request) == tuple(REQUEST.values())
        return self.answer


async def test_the_car_is_told_what_the_pool_says(v201: Line) -> None:
    v201.node.pki = replace(v201.node.pki, pool=Pool("gJgCAQ=="))
    answer = await v201.call("Get15118EVCertificate", REQUEST)
    assert answer == {"status": "Accepted", "exiResponse": "gJgCAQ=="}


@pytest.mark.parametrize("answer", [None, "A" * 7504])
async def test_without_an_answer_that_fits_it_has_failed(answer: str | None, v201: Line) -> None:
    v201.node.pki = replace(v201.node.pki, pool=Pool(answer))
    assert await v201.call("Get15118EVCertificate", REQUEST) == {"status": "Failed", "exiResponse": ""}


async def test_there_is_no_pool(v201: Line) -> None:
    assert await v201.call("Get15118EVCertificate", REQUEST) == {"status": "Failed", "exiResponse": ""}
