"""What a station says of its configuration, in one day, and what became of the changes asked for.

Stream `configuration:<day>:<station>`. A 1.6 key is a variable without a component. Secrets never get in here: their
values are masked by whoever notes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.streams import encoded
from domain.values import Evse

ACTUAL: Final = "Actual"
"""The attribute that is meant where none is named (2.x)."""
MASK: Final = "********"
_SECRETS = frozenset({"authorizationkey", "basicauthpassword", "apnpassword", "vpnpassword"})
"""Variables that are written and never to be read (1.6 AuthorizationKey, 2.x BasicAuthPassword), folded."""


class ChangeOutcome(StrEnum):
    """What a station answers to a change (1.6 ConfigurationStatus); 2.x unknown names are NotSupported."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    REBOOT_REQUIRED = "RebootRequired"
    NOT_SUPPORTED = "NotSupported"


@dataclass(frozen=True, slots=True)
class Variable:
    """The name of a setting; names are compared without regard to case. A 1.6 key is the name alone."""

    name: str
    component: str | None = None
    instance: str | None = None
    component_instance: str | None = None
    evse: Evse | None = None
    attribute: str = ACTUAL

    @property
    def folded(self) -> str:
        evse, connector = (self.evse.id, self.evse.connector_id or "") if self.evse else ("", "")
        component = f"{self.component or ''}\0{self.component_instance or ''}\0{evse}\0{connector}"
        return _folded(f"{component}\0{self.name}\0{self.instance or ''}\0{self.attribute}")

    @property
    def secret(self) -> bool:
        return self.name.casefold() in _SECRETS

    def masked(self, value: str) -> str:
        """A value as it may be kept and shown."""
        return MASK if self.secret else value


@lru_cache(maxsize=16384)
def _folded(names: str) -> str:
    """Stations of a model have the same names, by the thousand."""
    return "/".join([encoded(name.casefold()) for name in names.split("\0")])


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable as the station reports it. `value` "" is one that is not set, None one that may not be read."""

    variable: Variable
    value: str | None
    read_only: bool | None = None
    """None where the protocol does not say (2.x GetVariables)."""


class ConfigurationBook(Book):
    """Secrets are masked in its events."""

    KIND = "configuration"

    @dataclass(frozen=True)
    class Reported(DomainEvent):
        TOPIC = "configuration.reported"
        settings: tuple[Setting, ...]
        unknown: tuple[Variable, ...] = ()
        """What was asked about and the station does not have."""

    @dataclass(frozen=True)
    class ChangeAnswered(DomainEvent):
        TOPIC = "configuration.change-answered"
        variable: Variable
        value: str
        outcome: ChangeOutcome
