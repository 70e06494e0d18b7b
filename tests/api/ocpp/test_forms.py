"""What a station may be asked is all there, in the rules of the standard and in our words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.ocpp import registry
from api.ocpp.forms import Form, forms
from api.ocpp.versions import VERSIONS

NAMES = [version.name for version in VERSIONS.values()]


def forms_of(version: str) -> dict[str, Form]:
    return {form.action: form for form in forms(version) or ()}


def keys(rules: Any) -> Iterator[str]:
    """Every key of a schema that is not the name of a field."""
    if isinstance(rules, dict):
        for key, rule in rules.items():
            yield key
            for inner in rule.values() if key in ("properties", "definitions") else (rule,):
                yield from keys(inner)


def test_both_directions_and_only_ours_are_there() -> None:
    assert {"RemoteStartTransaction", "ChangeConfiguration", "DataTransfer"} <= forms_of("1.6").keys()
    assert {"GetReport", "SetVariables", "DataTransfer"} <= forms_of("2.0.1").keys()
    assert not {"BootNotification", "TransactionEvent", "StartTransaction"} & {*forms_of("1.6"), *forms_of("2.0.1")}
    assert (len(forms_of("1.6")), len(forms_of("2.0.1"))) == (26, 40)


@pytest.mark.parametrize("version", NAMES)
def test_every_typed_command_is_told_of_under_the_name_it_has_there(version: str) -> None:
    typed = {form.typed_as for form in forms_of(version).values()}
    ours = {"ChangePassword", "GetDiagnostics"}  # said with an action that another command says too
    assert {name for spoken, name in registry.SENDERS if spoken == version} - typed <= ours


def test_the_words_are_ours() -> None:
    form = forms_of("1.6")["ChangeConfiguration"]
    assert (form.typed_as, form.description) == ("SetVariables", "Change settings of a station.")
    form = forms_of("1.6")["ExtendedTriggerMessage"]
    assert (form.typed_as, form.description) == ("TriggerMessage", "Ask a station to send a message now.")
    for version in NAMES:
        for form in forms_of(version).values():
            assert not {"description", "comment", "javaType", "$id"} & set(keys(form.schema)), form.action
            assert form.schema["title"] == form.action
            assert form.description is None or "(" not in form.description


def test_the_rules_are_the_standards() -> None:
    schema = forms_of("2.0.1")["GetLog"].schema
    assert schema["required"] == ["logType", "requestId", "log"]
    assert schema["definitions"]["LogEnumType"]["enum"] == ["DiagnosticsLog", "SecurityLog"]
    assert schema["properties"]["log"] == {"$ref": "#/definitions/LogParametersType"}


@pytest.mark.parametrize(
    ("action", "offered"),
    [("SetChargingProfile", False), ("ClearChargingProfile", False), ("GetChargingProfiles", True)],
)
def test_what_is_for_others_to_set_is_not_offered(action: str, offered: bool) -> None:
    purposes = forms_of("2.0.1")[action].schema["definitions"]["ChargingProfilePurposeEnumType"]["enum"]
    assert {"ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"} <= set(purposes)
    assert ("ChargingStationExternalConstraints" in purposes) is offered


def test_a_version_nobody_speaks_has_none() -> None:
    assert forms("0.1") is None
