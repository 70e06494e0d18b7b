"""Names of settings, from our words to the wire and back: keys in 1.6, variables of components in 2.x."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from api.ocpp import wire
from api.ocpp.schema import CallFailed
from domain.configuration import ACTUAL, Variable
from domain.values import Evse


def key_v16(typed: dict[str, Any]) -> str:
    """The 1.6 key of a variable in our words. Raises CallFailed for one that only 2.x has."""
    if typed.get("component") or typed.get("instance") or typed.get("evseId") or typed.get("attribute"):
        raise CallFailed("PropertyConstraintViolation", "OCPP 1.6 has keys: name the variable alone")
    key: str = typed["variable"]
    return key


def variable_asked(typed: dict[str, Any]) -> dict[str, Any]:
    """Component, variable and attribute as 2.x has them, of a variable in our words; without a variable the component
    as a whole. Raises CallFailed without a component.
    """
    if not typed.get("component"):
        raise CallFailed("OccurrenceConstraintViolation", "OCPP 2.x has variables of components: name the component")
    component: dict[str, Any] = {"name": typed["component"]}
    if typed.get("componentInstance"):
        component["instance"] = typed["componentInstance"]
    if typed.get("evseId"):
        connector = {"connectorId": typed["connectorId"]} if typed.get("connectorId") else {}
        component["evse"] = {"id": typed["evseId"], **connector}
    asked: dict[str, Any] = {"component": component}
    if typed.get("variable"):
        instance = {"instance": typed["instance"]} if typed.get("instance") else {}
        asked["variable"] = {"name": typed["variable"], **instance}
    if typed.get("attribute"):
        asked["attributeType"] = typed["attribute"]
    return asked


def variable(data: dict[str, Any]) -> Variable:
    """Which one something in 2.x is about that has a component and a variable."""
    component, named = data["component"], data["variable"]
    evse = component.get("evse")
    return _named(
        named["name"],
        component["name"],
        named.get("instance"),
        component.get("instance"),
        evse["id"] if evse else None,
        evse.get("connectorId") if evse else None,
        data.get("attributeType", ACTUAL),
    )


@lru_cache(maxsize=16384)
def _named(
    name: str,
    component: str,
    instance: str | None,
    component_instance: str | None,
    evse_id: int | None,
    connector_id: int | None,
    attribute: str,
) -> Variable:
    """A report has thousands, and stations of a model have the same."""
    where = None
    if evse_id is not None:
        where = Evse(wire.number_of(evse_id), None if connector_id is None else wire.number_of(connector_id))
    return Variable(name, component, instance, component_instance, where, attribute)
