"""The configuration keys of a 1.6 station (§9), as far as it has any use for them."""

from __future__ import annotations

from app.simulator.settings import Setting, Settings

SAMPLED = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"


def configuration(connectors: int, meter_interval: int) -> Settings:
    rotation = ",".join(f"{n}.RST" for n in range(connectors + 1))
    return Settings(
        (
            Setting("AuthorizeRemoteTxRequests", "true", "boolean"),
            Setting("ClockAlignedDataInterval", "0", "integer"),
            Setting("ConnectionTimeOut", "60", "integer"),
            Setting("ConnectorPhaseRotation", rotation),
            Setting("GetConfigurationMaxKeys", "50", "integer", "ReadOnly"),
            Setting("HeartbeatInterval", "60", "integer"),
            Setting("LocalAuthorizeOffline", "true", "boolean"),
            Setting("LocalPreAuthorize", "false", "boolean"),
            Setting("MeterValuesAlignedData", "Energy.Active.Import.Register"),
            Setting("MeterValuesSampledData", SAMPLED),
            Setting("MeterValueSampleInterval", str(meter_interval), "integer"),
            Setting("NumberOfConnectors", str(connectors), "integer", "ReadOnly"),
            Setting("ResetRetries", "3", "integer"),
            Setting("StopTransactionOnEVSideDisconnect", "true", "boolean"),
            Setting("StopTransactionOnInvalidId", "true", "boolean"),
            Setting("StopTxnAlignedData", ""),
            Setting("StopTxnSampledData", "Energy.Active.Import.Register"),
            Setting("SupportedFeatureProfiles", "Core,LocalAuthListManagement,RemoteTrigger", "string", "ReadOnly"),
            Setting("TransactionMessageAttempts", "3", "integer"),
            Setting("TransactionMessageRetryInterval", "60", "integer"),
            Setting("UnlockConnectorOnEVSideDisconnect", "true", "boolean"),
            Setting("AllowOfflineTxForUnknownId", "true", "boolean"),
            Setting("WebSocketPingInterval", "60", "integer"),
            Setting("LocalAuthListEnabled", "true", "boolean"),
            Setting("LocalAuthListMaxLength", "1000", "integer", "ReadOnly"),
            Setting("SendLocalListMaxLength", "100", "integer", "ReadOnly"),
        )
    )
