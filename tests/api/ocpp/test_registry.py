"""Nothing that a station may send is missing; nothing that only a CSMS sends is served."""

from __future__ import annotations

import pkgutil
from importlib.resources import files
from pathlib import Path

import pytest

import api.ocpp.messages
from api.ocpp import registry, schema
from api.ocpp.versions import VERSIONS, Version

# By hand from the standards, since the schemas do not say who sends a message. DataTransfer goes both ways.
ONLY_FROM_CSMS = {
    "1.6": """
        CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache ClearChargingProfile
        DeleteCertificate ExtendedTriggerMessage GetCompositeSchedule GetConfiguration GetDiagnostics
        GetInstalledCertificateIds GetLocalListVersion GetLog InstallCertificate RemoteStartTransaction
        RemoteStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SignedUpdateFirmware TriggerMessage
        UnlockConnector UpdateFirmware
    """,
    "2.0.1": """
        CancelReservation CertificateSigned ChangeAvailability ClearCache ClearChargingProfile ClearDisplayMessage
        ClearVariableMonitoring CostUpdated CustomerInformation DeleteCertificate GetBaseReport GetChargingProfiles
        GetCompositeSchedule GetDisplayMessages GetInstalledCertificateIds GetLocalListVersion GetLog
        GetMonitoringReport GetReport GetTransactionStatus GetVariables InstallCertificate PublishFirmware
        RequestStartTransaction RequestStopTransaction ReserveNow Reset SendLocalList SetChargingProfile
        SetDisplayMessage SetMonitoringBase SetMonitoringLevel SetNetworkProfile SetVariableMonitoring SetVariables
        TriggerMessage UnlockConnector UnpublishFirmware UpdateFirmware
    """,
}


def published(version: Version) -> set[str]:
    """Every action the version has a schema for, in either direction."""
    names = {Path(resource.name).stem for resource in files(version.schemas).iterdir()}
    requests = {name for name in names if f"{name.removesuffix(version.request_suffix or chr(0))}Response" in names}
    return {name.removesuffix("Request") if version.request_suffix else name for name in requests}


@pytest.mark.parametrize("version", VERSIONS.values(), ids=str)
def test_every_action_a_station_may_send_is_served_and_no_other(version: Version) -> None:
    served = {action for name, action in registry.RECEIVERS if name == version.name}
    assert served == published(version) - set(ONLY_FROM_CSMS[version.name].split())


@pytest.mark.parametrize("version", VERSIONS.values(), ids=str)
def test_the_schemas_are_complete_and_none_is_taken_for_an_action(version: Version) -> None:
    assert len(published(version)) == {"1.6": 39, "2.0.1": 64}[version.name]
    assert all(schema.knows(version, action) for action in published(version))
    for name in (
        "AuthorizeResponse",
        "AuthorizeRequest",
        "heartbeat",
        "",
        "..",
        "../call",
        "__init__",
        "A" * 5000,
        "é",
    ):
        assert not schema.knows(version, name), name


@pytest.mark.parametrize(("version", "action"), sorted(registry.SENDERS))
def test_what_is_sent_in_one_version_is_sent_in_all_that_came_after(version: str, action: str) -> None:
    names = sorted(v.name for v in VERSIONS.values())
    assert {name for name, sent in registry.SENDERS if sent == action} >= set(names[names.index(version) :])


def test_every_message_file_has_its_test() -> None:
    messages = {module.name for module in pkgutil.iter_modules(api.ocpp.messages.__path__)}
    tests = {path.stem.removeprefix("test_") for path in (Path(__file__).parent / "messages").glob("test_*.py")}
    assert messages == tests
