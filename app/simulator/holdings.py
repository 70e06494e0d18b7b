"""What a server has put into a station. It outlasts connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Holdings:
    """Reservations, profiles, monitors and messages by id as they were asked for; connection profiles by slot;
    certificates by type and serial number.
    """

    reservations: dict[int, dict[str, Any]] = field(default_factory=dict)
    profiles: dict[int, dict[str, Any]] = field(default_factory=dict)
    networks: dict[int, dict[str, Any]] = field(default_factory=dict)
    certificates: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    monitors: dict[int, dict[str, Any]] = field(default_factory=dict)
