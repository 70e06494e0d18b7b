"""A station as it stands for years: registration, credentials, what it is, which tariff applies.

Stream `station:<id>`. What happens day by day is on the station's day stream (`station_day`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import Aggregate, DomainEvent
from domain.streams import STATION, once
from domain.values import Reconciling, RegistrationStatus


@dataclass(frozen=True, slots=True)
class Identity:
    """What a station says of itself in a BootNotification."""

    vendor: str
    model: str
    serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None


@dataclass(frozen=True, slots=True)
class TariffRef:
    """A tariff in one version, so that a price once quoted stays the same."""

    tariff_id: str
    version: int


@dataclass(frozen=True, slots=True)
class MessageLimit:
    """How much a station takes in one message of a kind; None where it has not said. Names are folded."""

    component: str
    instance: str | None = None
    items: int | None = None
    bytes: int | None = None


class Station(Aggregate):
    """One station. `security_profile` 0 is open, 1 Basic auth, 2 TLS and Basic, 3 client certificate."""

    @dataclass(frozen=True)
    class Registered(DomainEvent):
        TOPIC = "station.registered"
        security_profile: int
        credential: str | None
        """Fingerprint of the Basic auth password, never the password."""

    @dataclass(frozen=True)
    class CredentialChanged(DomainEvent):
        TOPIC = "station.credential-changed"
        security_profile: int
        credential: str | None

    @dataclass(frozen=True)
    class CredentialOffered(DomainEvent):
        """A new password is on its way to the station, which may have taken it without our hearing of it: it counts
        beside the old one.
        """

        TOPIC = "station.credential-offered"
        credential: str

    @dataclass(frozen=True)
    class CredentialWithdrawn(DomainEvent):
        """The station has refused it."""

        TOPIC = "station.credential-withdrawn"
        credential: str

    @dataclass(frozen=True)
    class SecurityProfileOffered(DomainEvent):
        """The station has said that it will come with this one, which is higher; it may fall back before it has."""

        TOPIC = "station.security-profile-offered"
        security_profile: int

    @dataclass(frozen=True)
    class RegistrationStatusSet(DomainEvent):
        TOPIC = "station.registration-status-set"
        status: RegistrationStatus

    @dataclass(frozen=True)
    class BootAnswered(DomainEvent):
        TOPIC = "station.boot-answered"
        status: RegistrationStatus

    @dataclass(frozen=True)
    class Identified(DomainEvent):
        TOPIC = "station.identified"
        identity: Identity

    @dataclass(frozen=True)
    class TariffAssigned(DomainEvent):
        TOPIC = "station.tariff-assigned"
        tariff_id: str | None
        """None takes the tariff away."""
        evse_id: int | None = None
        """None assigns it to the whole station."""

    @dataclass(frozen=True)
    class OptionsSet(DomainEvent):
        TOPIC = "station.options-set"
        lenient: bool = False
        """Whether messages that break the schema are read as well as can be, instead of refused."""
        assumed_version: str | None = None
        """The OCPP version of a station that names none when it connects."""
        reconcile: Reconciling = Reconciling.MANUAL

    @dataclass(frozen=True)
    class MessageLimitReported(DomainEvent):
        TOPIC = "station.message-limit-reported"
        limit: MessageLimit

    @dataclass(frozen=True)
    class NetworkProfileTaken(DomainEvent):
        """The station has put a connection profile into a slot; it comes with it once that has priority (B09, B10)."""

        TOPIC = "station.network-profile-taken"
        slot: int
        security_profile: int

    def __init__(self) -> None:
        self.security_profile = 0
        self.credential: str | None = None
        self.offered_credentials: tuple[str, ...] = ()
        self.offered_profile: int | None = None
        self.registration_status = RegistrationStatus.ACCEPTED
        self.boot_status: RegistrationStatus | None = None
        self.identity: Identity | None = None
        self.tariffs: dict[int | None, str] = {}
        self.lenient = False
        self.assumed_version: str | None = None
        self._limits: dict[tuple[str, str | None], MessageLimit] = {}
        self._slots: dict[int, int] = {}
        self.reconcile = Reconciling.MANUAL

    @staticmethod
    def stream(station_id: str) -> str:
        return once(STATION, station_id)

    def register(self, *, security_profile: int, credential: str | None, at: datetime) -> None:
        """Make the station known. Registering it again only changes its credentials (a lost answer may be repeated)."""
        if self.exists:
            if (security_profile, credential) != (self.security_profile, self.credential):
                self.trigger_event(
                    Station.CredentialChanged, security_profile=security_profile, credential=credential, timestamp=at
                )
            return
        self.trigger_event(Station.Registered, security_profile=security_profile, credential=credential, timestamp=at)

    def offer_credential(self, credential: str, at: datetime) -> None:
        """Let a new password count, too; ask before the station is told of it (A01)."""
        if credential != self.credential and credential not in self.offered_credentials:
            self.trigger_event(Station.CredentialOffered, credential=credential, timestamp=at)

    def withdraw_credential(self, credential: str, at: datetime) -> None:
        if credential in self.offered_credentials:
            self.trigger_event(Station.CredentialWithdrawn, credential=credential, timestamp=at)

    def offer_profile(self, security_profile: int, at: datetime) -> None:
        """Remember that the station will come with a higher profile; never a lower one (A05)."""
        if security_profile > max(self.security_profile, self.offered_profile or 0):
            self.trigger_event(Station.SecurityProfileOffered, security_profile=security_profile, timestamp=at)

    def report_limit(self, limit: MessageLimit, at: datetime) -> None:
        """Remember what the station said of a kind of message; what it did not say stays as it was."""
        known = self.message_limit(limit.component, limit.instance)
        items = known.items if limit.items is None else limit.items
        size = known.bytes if limit.bytes is None else limit.bytes
        if (items, size) != (known.items, known.bytes):
            learned = MessageLimit(known.component, known.instance, items, size)
            self.trigger_event(Station.MessageLimitReported, limit=learned, timestamp=at)

    def take_network_profile(self, slot: int, security_profile: int, at: datetime) -> None:
        if self._slots.get(slot) != security_profile:
            self.trigger_event(Station.NetworkProfileTaken, slot=slot, security_profile=security_profile, timestamp=at)

    def prefer_networks(self, slots: Sequence[int], at: datetime) -> None:
        """It will come with the first of these slots that works; with a higher security profile, no lower one counts
        from then on (A05).
        """
        if slots and (profile := self._slots.get(slots[0])) is not None:
            self.offer_profile(profile, at)

    def log_in(self, security_profile: int, credential: str, at: datetime) -> None:
        """It has come with this password, in this profile: from now on no older one counts, and no lower one."""
        risen = self.offered_profile == security_profile
        profile = security_profile if risen else self.security_profile
        if (profile, credential) != (self.security_profile, self.credential):
            self.trigger_event(Station.CredentialChanged, security_profile=profile, credential=credential, timestamp=at)

    def set_registration_status(self, status: RegistrationStatus, at: datetime) -> None:
        """What the next BootNotification is answered; until then the station keeps the status it has."""
        if status != self.registration_status:
            self.trigger_event(Station.RegistrationStatusSet, status=status, timestamp=at)

    def set_options(
        self,
        *,
        lenient: bool,
        assumed_version: str | None,
        reconcile: Reconciling = Reconciling.MANUAL,
        at: datetime,
    ) -> None:
        if (lenient, assumed_version, reconcile) != (self.lenient, self.assumed_version, self.reconcile):
            self.trigger_event(
                Station.OptionsSet,
                lenient=lenient,
                assumed_version=assumed_version,
                reconcile=reconcile,
                timestamp=at,
            )

    def boot(self, identity: Identity, at: datetime) -> RegistrationStatus:
        """Decide the answer to a BootNotification and remember what is new (B01 to B03)."""
        if identity != self.identity:
            self.trigger_event(Station.Identified, identity=identity, timestamp=at)
        if self.boot_status != self.registration_status:
            self.trigger_event(Station.BootAnswered, status=self.registration_status, timestamp=at)
        return self.registration_status

    def assign_tariff(self, tariff_id: str | None, evse_id: int | None, at: datetime) -> None:
        if self.tariffs.get(evse_id) != tariff_id:
            self.trigger_event(Station.TariffAssigned, tariff_id=tariff_id, evse_id=evse_id, timestamp=at)

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case Station.Registered() | Station.CredentialChanged():
                if event.credential != self.credential:
                    self.offered_credentials = ()
                self.security_profile, self.credential = event.security_profile, event.credential
                if event.security_profile >= (self.offered_profile or 0):
                    self.offered_profile = None
            case Station.CredentialOffered():
                self.offered_credentials = (*self.offered_credentials, event.credential)
            case Station.CredentialWithdrawn():
                kept = tuple(offered for offered in self.offered_credentials if offered != event.credential)
                self.offered_credentials = kept
            case Station.SecurityProfileOffered():
                self.offered_profile = event.security_profile
            case Station.RegistrationStatusSet():
                self.registration_status = event.status
            case Station.BootAnswered():
                self.boot_status = event.status
            case Station.Identified():
                self.identity = event.identity
            case Station.OptionsSet():
                self.lenient, self.assumed_version = event.lenient, event.assumed_version
                self.reconcile = event.reconcile
            case Station.MessageLimitReported():
                self._limits[event.limit.component, event.limit.instance] = event.limit
            case Station.NetworkProfileTaken():
                self._slots[event.slot] = event.security_profile
            case Station.TariffAssigned(tariff_id=None):
                self.tariffs.pop(event.evse_id, None)
            case Station.TariffAssigned(tariff_id=str() as tariff_id):
                self.tariffs[event.evse_id] = tariff_id

    @property
    def accepted(self) -> bool:
        """Whether its calls are served: once accepted at a boot, it stays so over reconnects and restarts
        (B01.FR.10).
        """
        return self.boot_status is RegistrationStatus.ACCEPTED

    @property
    def may_be_asked(self) -> bool:
        """Whether calls may be made to it: not after its boot was rejected (B03). Others may have to be asked to."""
        return self.boot_status is not RegistrationStatus.REJECTED

    def message_limit(self, component: str, instance: str | None = None) -> MessageLimit:
        """What the station takes in one message of a kind, as far as it is known."""
        its, kind = component.casefold(), instance.casefold() if instance else None
        return self._limits.get((its, kind)) or MessageLimit(its, kind)

    def tariff_id(self, evse_id: int | None) -> str | None:
        return self.tariffs.get(evse_id, self.tariffs.get(None))
