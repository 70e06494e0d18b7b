"""How a typed command is said in a version; checks it against the official schema of the request."""

from __future__ import annotations

from typing import Any

from api.ocpp import registry
from tests.api.ocpp.line import BY_NAME, official


def said(version: str, action: str, typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    on_the_wire, payload = registry.SENDERS[version, action](typed)
    official(BY_NAME[version], on_the_wire + BY_NAME[version].request_suffix).validate(payload)
    return on_the_wire, payload
