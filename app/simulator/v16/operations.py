"""The rest of what a 1.6 server may ask: reservations, smart charging, firmware, logs, certificates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action

from app.simulator.routes import after, on
from app.simulator.session import State

if TYPE_CHECKING:
    from app.simulator.station import Station

_FETCHED = ("Downloading", "Downloaded")
_INSTALLED = ("Installing", "Installed")
_PEM = "-----BEGIN CERTIFICATE-----"


class Operations:
    """Mixed in with the link of a connection."""

    station: Station

    async def _tell(self, payloads: Iterable[Any]) -> None:
        raise NotImplementedError

    # Reservations

    @on(Action.reserve_now)
    def on_reserve_now(self, connector_id: int, reservation_id: int, **asked: Any) -> Any:
        self.station.stats.commands += 1
        connector = self.station.connectors.get(connector_id)
        if connector is None:
            status = "Rejected"
        elif connector.fault is not None:
            status = "Faulted"
        elif not connector.operative.is_set():
            status = "Unavailable"
        elif connector.session is not None or connector.state is not State.AVAILABLE:
            status = "Occupied"
        else:
            self.station.holdings.reservations[reservation_id] = {"connector_id": connector_id, **asked}
            status = "Accepted"
        return call_result.ReserveNow(status)

    @on(Action.cancel_reservation)
    def on_cancel_reservation(self, reservation_id: int) -> Any:
        self.station.stats.commands += 1
        known = self.station.holdings.reservations.pop(reservation_id, None)
        return call_result.CancelReservation("Rejected" if known is None else "Accepted")

    # Smart charging

    @on(Action.set_charging_profile)
    def on_set_charging_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        self.station.stats.commands += 1
        purpose, level = cs_charging_profiles["charging_profile_purpose"], cs_charging_profiles["stack_level"]
        if purpose == "TxProfile":
            connector = self.station.connectors.get(connector_id)
            if connector is None or connector.session is None:
                return call_result.SetChargingProfile("Rejected")
        held = self.station.holdings.profiles
        place = (connector_id, purpose, level)
        for id in [id for id, profile in held.items() if profile["place"] == place]:
            del held[id]
        held[cs_charging_profiles["charging_profile_id"]] = {"place": place, **cs_charging_profiles}
        return call_result.SetChargingProfile("Accepted")

    @on(Action.clear_charging_profile)
    def on_clear_charging_profile(
        self,
        id: int | None = None,
        connector_id: int | None = None,
        charging_profile_purpose: str | None = None,
        stack_level: int | None = None,
    ) -> Any:
        self.station.stats.commands += 1
        held = self.station.holdings.profiles
        wanted = (connector_id, charging_profile_purpose, stack_level)

        def meant(known: int, profile: dict[str, Any]) -> bool:
            if id is not None:
                return known == id
            return all(want in (None, has) for want, has in zip(wanted, profile["place"], strict=True))

        found = [known for known, profile in held.items() if meant(known, profile)]
        for known in found:
            del held[known]
        return call_result.ClearChargingProfile("Accepted" if found else "Unknown")

    @on(Action.get_composite_schedule)
    def on_get_composite_schedule(self, connector_id: int, duration: int, charging_rate_unit: str = "W") -> Any:
        self.station.stats.commands += 1
        if connector_id and connector_id not in self.station.connectors:
            return call_result.GetCompositeSchedule("Rejected")
        limits = [
            period["limit"]
            for profile in self.station.holdings.profiles.values()
            if profile["place"][0] in (0, connector_id)
            and profile["charging_schedule"]["charging_rate_unit"] == charging_rate_unit
            for period in profile["charging_schedule"]["charging_schedule_period"][:1]
        ]
        most = 32.0 if charging_rate_unit == "A" else 22_000.0
        schedule = {
            "duration": duration,
            "charging_rate_unit": charging_rate_unit,
            "charging_schedule_period": [{"start_period": 0, "limit": min([most, *limits])}],
        }
        return call_result.GetCompositeSchedule("Accepted", connector_id, _now(), schedule)

    # Firmware, diagnostics, logs

    @on(Action.update_firmware)
    def on_update_firmware(self, **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.UpdateFirmware()

    @after(Action.update_firmware)
    def after_update_firmware(self, **_: Any) -> None:
        told = [call.FirmwareStatusNotification(status) for status in (*_FETCHED, *_INSTALLED)]
        self.station.errand(self._tell(told))

    @on(Action.signed_update_firmware)
    def on_signed_update_firmware(self, request_id: int, firmware: dict[str, Any], **_: Any) -> Any:
        self.station.stats.commands += 1
        readable = firmware["signing_certificate"].startswith(_PEM)
        return call_result.SignedUpdateFirmware("Accepted" if readable else "InvalidCertificate")

    @after(Action.signed_update_firmware)
    def after_signed_update_firmware(self, request_id: int, firmware: dict[str, Any], **_: Any) -> None:
        if firmware["signing_certificate"].startswith(_PEM):
            course = (*_FETCHED, "SignatureVerified", *_INSTALLED)
            told = [call.SignedFirmwareStatusNotification(status, request_id) for status in course]
            self.station.errand(self._tell(told))

    @on(Action.get_diagnostics)
    def on_get_diagnostics(self, **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.GetDiagnostics(f"{self.station.id}.zip")

    @after(Action.get_diagnostics)
    def after_get_diagnostics(self, **_: Any) -> None:
        told = [call.DiagnosticsStatusNotification(status) for status in ("Uploading", "Uploaded")]
        self.station.errand(self._tell(told))

    @on(Action.get_log)
    def on_get_log(self, log_type: str, **_: Any) -> Any:
        self.station.stats.commands += 1
        return call_result.GetLog("Accepted", f"{self.station.id}-{log_type}.log")

    @after(Action.get_log)
    def after_get_log(self, request_id: int, **_: Any) -> None:
        told = [call.LogStatusNotification(status, request_id) for status in ("Uploading", "Uploaded")]
        self.station.errand(self._tell(told))

    # Security

    @on(Action.extended_trigger_message)
    def on_extended_trigger(self, requested_message: str, connector_id: int | None = None) -> Any:
        self.station.stats.commands += 1
        known = requested_message in ("SignChargePointCertificate", "Heartbeat")
        return call_result.ExtendedTriggerMessage("Accepted" if known else "NotImplemented")

    @after(Action.extended_trigger_message)
    def after_extended_trigger(self, requested_message: str, connector_id: int | None = None) -> None:
        if requested_message == "SignChargePointCertificate":
            csr = f"-----BEGIN CERTIFICATE REQUEST-----\n{self.station.id}\n-----END CERTIFICATE REQUEST-----\n"
            self.station.errand(self._tell([call.SignCertificate(csr)]))
        elif requested_message == "Heartbeat":
            self.station.errand(self._tell([call.Heartbeat()]))

    @on(Action.certificate_signed)
    def on_certificate_signed(self, certificate_chain: str) -> Any:
        self.station.stats.commands += 1
        return call_result.CertificateSigned("Accepted" if _PEM in certificate_chain else "Rejected")

    @after(Action.certificate_signed)
    def after_certificate_signed(self, certificate_chain: str) -> None:
        if _PEM not in certificate_chain:
            event = call.SecurityEventNotification("InvalidChargePointCertificate", _now())
            self.station.errand(self._tell([event]))

    @on(Action.install_certificate)
    def on_install_certificate(self, certificate_type: str, certificate: str) -> Any:
        self.station.stats.commands += 1
        if _PEM not in certificate:
            return call_result.InstallCertificate("Rejected")
        found = _hash_data(certificate)
        self.station.holdings.certificates.setdefault(certificate_type, {})[found["serial_number"]] = found
        return call_result.InstallCertificate("Accepted")

    @on(Action.get_installed_certificate_ids)
    def on_get_installed_certificate_ids(self, certificate_type: str) -> Any:
        self.station.stats.commands += 1
        found = list(self.station.holdings.certificates.get(certificate_type, {}).values())
        return call_result.GetInstalledCertificateIds("Accepted" if found else "NotFound", found or None)

    @on(Action.delete_certificate)
    def on_delete_certificate(self, certificate_hash_data: dict[str, str]) -> Any:
        self.station.stats.commands += 1
        for held in self.station.holdings.certificates.values():
            if held.get(certificate_hash_data["serial_number"]) == certificate_hash_data:
                del held[certificate_hash_data["serial_number"]]
                return call_result.DeleteCertificate("Accepted")
        return call_result.DeleteCertificate("NotFound")


def _hash_data(certificate: str) -> dict[str, str]:
    """Made of the text: a simulated station does not read certificates."""
    digest = hashlib.sha256(certificate.encode()).hexdigest()
    return {
        "hash_algorithm": "SHA256",
        "issuer_name_hash": digest,
        "issuer_key_hash": digest[::-1],
        "serial_number": digest[:16].lstrip("0"),
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
