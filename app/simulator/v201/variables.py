"""The device model of a 2.0.1 station (B05-B08), small: what a server commonly reads, and what the simulator obeys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.simulator.settings import Setting, Settings

if TYPE_CHECKING:
    from app.simulator.station import Station

SAMPLED = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"
REGISTER = "Energy.Active.Import.Register"
READ, WRITE = "ReadOnly", "WriteOnly"
PART = 12
"""Entries per NotifyReport."""


def variables(station: str, meter_interval: int) -> Settings:
    return Settings(
        (
            Setting("OCPPCommCtrlr.HeartbeatInterval", "60", "integer"),
            Setting("OCPPCommCtrlr.OfflineThreshold", "60", "integer"),
            Setting("OCPPCommCtrlr.WebSocketPingInterval", "60", "integer"),
            Setting("OCPPCommCtrlr.MessageTimeout[Default]", "30", "integer", READ),
            Setting("OCPPCommCtrlr.MessageAttempts[TransactionEvent]", "3", "integer"),
            Setting("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]", "1", "integer"),
            Setting("OCPPCommCtrlr.RetryBackOffWaitMinimum", "1", "integer"),
            Setting("OCPPCommCtrlr.RetryBackOffRandomRange", "1", "integer"),
            Setting("OCPPCommCtrlr.RetryBackOffRepeatTimes", "5", "integer"),
            Setting("OCPPCommCtrlr.ResetRetries", "3", "integer"),
            Setting("OCPPCommCtrlr.UnlockOnEVSideDisconnect", "true", "boolean"),
            Setting("OCPPCommCtrlr.NetworkConfigurationPriority", "0", "slots"),
            Setting("OCPPCommCtrlr.ActiveNetworkProfile", "0", "integer", READ),
            Setting("DeviceDataCtrlr.ItemsPerMessage[GetReport]", "12", "integer", READ),
            Setting("DeviceDataCtrlr.ItemsPerMessage[GetVariables]", "50", "integer", READ),
            Setting("DeviceDataCtrlr.ItemsPerMessage[SetVariables]", "50", "integer", READ),
            Setting("DeviceDataCtrlr.BytesPerMessage[GetReport]", "20000", "integer", READ),
            Setting("DeviceDataCtrlr.BytesPerMessage[GetVariables]", "20000", "integer", READ),
            Setting("DeviceDataCtrlr.BytesPerMessage[SetVariables]", "20000", "integer", READ),
            Setting("AuthCtrlr.AuthorizeRemoteStart", "true", "boolean"),
            Setting("AuthCtrlr.LocalAuthorizeOffline", "true", "boolean"),
            Setting("AuthCtrlr.LocalPreAuthorize", "false", "boolean"),
            Setting("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true", "boolean"),
            Setting("TxCtrlr.EVConnectionTimeOut", "60", "integer"),
            Setting("TxCtrlr.StopTxOnEVSideDisconnect", "true", "boolean", READ),
            Setting("TxCtrlr.StopTxOnInvalidId", "true", "boolean", READ),
            Setting("TxCtrlr.TxStartPoint", "EVConnected,Authorized", "list", READ),
            Setting("TxCtrlr.TxStopPoint", "EVConnected,Authorized", "list", READ),
            Setting("SampledDataCtrlr.TxStartedMeasurands", SAMPLED, "list", READ),
            Setting("SampledDataCtrlr.TxUpdatedMeasurands", SAMPLED, "list", READ),
            Setting("SampledDataCtrlr.TxUpdatedInterval", str(meter_interval), "integer"),
            Setting("SampledDataCtrlr.TxEndedMeasurands", REGISTER, "list", READ),
            Setting("SampledDataCtrlr.TxEndedInterval", "0", "integer", READ),
            Setting("AlignedDataCtrlr.Interval", "0", "integer"),
            Setting("SecurityCtrlr.Identity", station, "string", READ),
            Setting("SecurityCtrlr.OrganizationName", "Box"),
            Setting("SecurityCtrlr.SecurityProfile", "1", "integer", READ),
            Setting("SecurityCtrlr.BasicAuthPassword", "", "string", WRITE),
            Setting("ClockCtrlr.TimeSource", "Heartbeat", "list"),
            Setting("MonitoringCtrlr.ItemsPerMessage[SetVariableMonitoring]", "10", "integer", READ),
            Setting("MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring]", "10", "integer", READ),
            Setting("LocalAuthListCtrlr.Entries", "0", "integer", READ),
            Setting("LocalAuthListCtrlr.ItemsPerMessage", "100", "integer", READ),
            Setting("LocalAuthListCtrlr.BytesPerMessage", "20000", "integer", READ),
        )
    )


KINDS = {"list": "MemberList", "slots": "SequenceList"}
SLOTS = (0, 1, 2)
"""Where connection profiles can be put (B09)."""


def entry(component: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """One reportData element."""
    name, _, instance = setting.name.partition("[")
    variable = {"name": name.rpartition(".")[2], **({"instance": instance.rstrip("]")} if instance else {})}
    slots = {"valuesList": ",".join(map(str, SLOTS))} if setting.kind == "slots" else {}
    value = {} if setting.mutability == WRITE else {"value": setting.value}
    return {
        "component": component,
        "variable": variable,
        "variableAttribute": [{"type": "Actual", "mutability": setting.mutability, **value}],
        "variableCharacteristics": {
            "dataType": KINDS.get(setting.kind, setting.kind),
            "supportsMonitoring": False,
            **slots,
        },
    }


def report(station: Station, controllers: bool = True) -> Iterator[dict[str, Any]]:
    """The inventory; a summary leaves the controllers out."""
    yield from hardware(station)
    if controllers:
        for setting in station.dialect.settings:
            yield entry({"name": setting.name.partition(".")[0]}, setting)


def hardware(station: Station) -> Iterator[dict[str, Any]]:
    box = {"name": "ChargingStation"}
    yield entry(box, Setting("AvailabilityState", "Available", "string", READ))
    yield entry(box, Setting("Model", f"Two {station.outlet.name}", "string", READ))
    yield entry(box, Setting("VendorName", "Box", "string", READ))
    phases = "0" if station.outlet.direct else "3"
    for id, here in station.connectors.items():
        state = "Occupied" if here.session else "Available"
        evse = {"name": "EVSE", "evse": {"id": id}}
        yield entry(evse, Setting("Available", "true", "boolean", READ))
        yield entry(evse, Setting("Problem", "true" if here.fault else "false", "boolean", READ))
        power = entry(evse, Setting("Power", f"{here.meter.power_w:.0f}", "decimal", READ))
        power["variableCharacteristics"] |= {"unit": "W", "maxLimit": station.outlet.power_w}
        yield power
        yield entry(evse, Setting("AvailabilityState", state, "string", READ))
        yield entry(evse, Setting("SupplyPhases", phases, "integer", READ))
        connector = {"name": "Connector", "evse": {"id": id, "connectorId": 1}}
        yield entry(connector, Setting("AvailabilityState", state, "string", READ))
        yield entry(connector, Setting("ConnectorType", station.outlet.connector, "string", READ))
