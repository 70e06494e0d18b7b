"""The versions of OCPP-J we speak, and what differs between them below the level of messages. A new one is one row."""

from __future__ import annotations

from dataclasses import dataclass, field

V16_SPELLING = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",  # one "r": the standard's own typo
    "MessageTypeNotSupported": "NotSupported",
    "RpcFrameworkError": "ProtocolError",
}


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """`name` is the version as people say it, `subprotocol` as WebSockets do (OCPP-J §3.1)."""

    name: str
    schemas: str
    """Package with the official JSON schemas."""
    request_suffix: str
    """What a request's schema file has after the action's name."""
    answers_unreadable: bool
    """Whether a frame without a readable message id is answered with id "-1" (2.0.1 Part 4 §4.2.3)."""
    answers_unknown_type: bool
    """2.0.1 answers MessageTypeNotSupported; 1.6 and 2.1 ignore the frame."""
    max_message_id: int | None
    """Longest message id that is accepted; None takes any."""
    spelling: dict[str, str] = field(default_factory=dict)
    """Error codes that this version spells otherwise than 2.x."""

    @property
    def subprotocol(self) -> str:
        return f"ocpp{self.name}"

    def spell(self, error_code: str) -> str:
        return self.spelling.get(error_code, error_code)


V16 = Version("1.6", "ocpp.v16.schemas", "", False, False, None, V16_SPELLING)
V201 = Version("2.0.1", "ocpp.v201.schemas", "Request", True, True, 36)

VERSIONS = {version.subprotocol: version for version in (V16, V201)}
"""By subprotocol; what is listed here is offered to stations."""
