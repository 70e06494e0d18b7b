"""Monitors as they stand in messages of 2.x."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from api.ocpp import variables, wire
from domain.configuration import Variable
from domain.monitoring import Monitor

_MOST = Decimal(10) ** 15


def threshold(value: float) -> Decimal:
    """A number that fits into a column: what is beyond any meter is as much as that."""
    number = wire.decimal(value)
    return number if number is not None else _MOST.copy_sign(Decimal(1 if value > 0 else -1))


def monitors_of(data: dict[str, Any]) -> list[Monitor]:
    """The monitors of one variable in a report. Raises CallFailed for an id that no station has."""
    variable = variables.variable(data)
    return [_monitor_of(variable, said) for said in data["variableMonitoring"]]


def _monitor_of(variable: Variable, said: dict[str, Any]) -> Monitor:
    return Monitor(
        id=wire.number_of(said["id"]),
        variable=variable,
        type=said["type"],
        value=threshold(said["value"]),
        severity=wire.number_of(said["severity"]),
        transaction=said["transaction"],
        kind=said.get("eventNotificationType"),
    )
