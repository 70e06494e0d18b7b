"""A small store of what a server may read and change: 1.6 configuration keys, 2.0.1 variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Setting:
    name: str
    """1.6: the key. 2.0.1: `Component.Variable`, instances in brackets."""
    value: str
    kind: str = "string"
    """`string`, `integer` or `boolean`, as 2.0.1 names them, and `list`."""
    mutability: str = "ReadWrite"


class Settings:
    """Names are compared without case, in both versions."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        self._settings = {setting.name.casefold(): setting for setting in settings}

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._settings.values())

    def get(self, name: str) -> Setting | None:
        return self._settings.get(name.casefold())

    def number(self, name: str) -> int:
        return int(self._settings[name.casefold()].value)

    def flag(self, name: str) -> bool:
        return self._settings[name.casefold()].value == "true"

    def change(self, name: str, value: str) -> bool:
        """False for a read-only setting or a value of the wrong kind. The name must be known."""
        setting = self._settings[name.casefold()]
        if setting.mutability == "ReadOnly":
            return False
        if setting.kind == "integer" and not value.isdecimal():
            return False
        if setting.kind == "boolean":
            value = value.lower()
            if value not in ("true", "false"):
                return False
        setting.value = value
        return True
