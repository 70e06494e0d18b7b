"""What stations tell in books, made up: every subject, now and then with the same ids."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from domain.aggregate import Aggregate
from domain.availability_wishes import AvailabilityBook, WishOutcome
from domain.books import Book
from domain.certificates import CertificateBook, CertificateHash, InstalledCertificate
from domain.charging_profiles import (
    ChargingProfile,
    ChargingProfileBook,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    CompositeSchedule,
    Criteria,
    ReportCriteria,
    ReportedProfile,
    SchedulePeriod,
)
from domain.configuration import ChangeOutcome, ConfigurationBook, Setting, Variable
from domain.customer_information import CustomerInformationBook, CustomerReference, PrivacyBook
from domain.device_model import Attribute, Characteristics, DeviceModelBook, VariableReport
from domain.display_messages import DisplayContent, DisplayMessage, DisplayMessageBook
from domain.ev_charging import AcNeeds, ChargingNeeds, EvChargingBook
from domain.id_token import Permission
from domain.local_list import ListEntry, LocalListBook
from domain.maintenance import MaintenanceBook
from domain.meter_keys import MeterKeys
from domain.monitoring import Clearing, Monitor, MonitoringBook
from domain.monitoring import Setting as MonitorSetting
from domain.network import NetworkBook, NetworkProfile
from domain.reconciliation import Cause, Finding, Reconciliation
from domain.reservation import Reservation, ReservationBook
from domain.security import SecurityBook
from domain.signed_containers import fingerprint
from domain.station_day import DeviceEvent
from domain.transaction_status import TransactionStatusBook
from domain.values import AuthorizationStatus, Evse, IdToken

B = TypeVar("B", bound=Book)


class Library:
    """The books of one station, day by day."""

    def __init__(self, station_id: str, rng: Random) -> None:
        self._station_id = station_id
        self._rng = rng
        self._books: dict[str, Book] = {}
        self._keys = MeterKeys.blank(MeterKeys.stream(station_id))

    def written(self, now: datetime) -> list[Aggregate]:
        """Something in each; returns the books, with what is new in them."""
        return [
            self._configured(now),
            self._wished(now),
            self._listed(now),
            self._reserved(now),
            self._maintained(now),
            self._certified(now),
            self._secured(now),
            self._limited(now),
            self._displayed(now),
            *self._asked_about_customers(now),
            self._monitored(now),
            self._modelled(now),
            self._reached(now),
            self._asked(now),
            self._reconciled(now),
            self._needed(now),
            self._trusted(now),
        ]

    def _book(self, kind: type[B], now: datetime) -> B:
        stream = kind.stream(self._station_id, now.date())
        book = self._books.setdefault(stream, kind.blank(stream))
        assert isinstance(book, kind)
        return book

    def _trusted(self, now: datetime) -> Aggregate:
        """Bare points, of no curve."""
        key = bytes([4, *[self._rng.randrange(3)] * 64])
        self._keys.set(self._rng.randrange(2), key.hex(), now)
        self._keys.withdraw(0, fingerprint(key), now)
        return self._keys

    def _reconciled(self, now: datetime) -> Aggregate:
        """Asked for when it is too late, so that nobody does it but here."""
        new, rng = Reconciliation.blank(Reconciliation.stream(self._station_id, f"{now:%H%M%S%f}", now)), self._rng
        new.request(rng.choice(list(Cause)), now, now)
        if rng.random() < 0.7:
            new.end((Finding("localList", rng.randrange(2), ("c",), rng.choice([None, "away"])),), now)
        return new

    def _configured(self, now: datetime) -> Book:
        book, rng = self._book(ConfigurationBook, now), self._rng
        variable, value = Variable(rng.choice(["A", "B"])), str(rng.randrange(3))
        changed = {"variable": variable, "value": value, "outcome": rng.choice(list(ChangeOutcome))}
        book.trigger_event(ConfigurationBook.ChangeAnswered, timestamp=now, **changed)
        settings = (Setting(Variable("a"), value, False), Setting(Variable("C"), value, True))
        book.trigger_event(ConfigurationBook.Reported, timestamp=now, settings=settings, unknown=(Variable("B"),))
        return book

    def _wished(self, now: datetime) -> Book:
        book, rng = self._book(AvailabilityBook, now), self._rng
        wish = {"evse": Evse(rng.randrange(3)), "operative": rng.random() < 0.5}
        book.trigger_event(
            AvailabilityBook.ChangeAnswered, timestamp=now, outcome=rng.choice(list(WishOutcome)), **wish
        )
        return book

    def _listed(self, now: datetime) -> Book:
        book, rng = self._book(LocalListBook, now), self._rng
        entry = ListEntry(IdToken(rng.choice("abc")), rng.choice([Permission(AuthorizationStatus.ACCEPTED), None]))
        sent: dict[str, Any] = {
            "update_type": rng.choice(["Full", "Differential"]),
            "version": rng.randrange(1, 9),
            "outcome": rng.choice(["Accepted", "Failed"]),
            "entries": (entry,),
        }
        book.trigger_event(LocalListBook.Sent, timestamp=now, **sent)
        book.trigger_event(LocalListBook.VersionReported, version=rng.randrange(3), timestamp=now)
        return book

    def _reserved(self, now: datetime) -> Book:
        book, rng = self._book(ReservationBook, now), self._rng
        asked = Reservation(rng.randrange(3), now + timedelta(minutes=5), IdToken("a"), rng.choice([None, 1]))
        book.trigger_event(ReservationBook.Made, reservation=asked, timestamp=now)
        if rng.random() < 0.5:
            book.trigger_event(ReservationBook.Cancelled, reservation_id=rng.randrange(3), timestamp=now)
        return book

    def _maintained(self, now: datetime) -> Book:
        book, rng = self._book(MaintenanceBook, now), self._rng
        number = rng.choice([None, 1, 2])
        outcome = rng.choice(["Accepted", "Rejected"])
        book.trigger_event(
            MaintenanceBook.FirmwareUpdateRequested,
            timestamp=now,
            location="https://example.org/f",
            retrieve_at=now,
            outcome=outcome,
            request_id=number,
        )
        for status in rng.sample(["Downloading", "Downloaded", "Installing", "Installed"], 2):
            book.trigger_event(MaintenanceBook.FirmwareStatusReported, timestamp=now, status=status, request_id=number)
        shared: dict[str, Any] = {"checksum": rng.choice(["AB", "ab", "cd"])}
        more = {"location": "https://example.org/f", "outcome": outcome, "request_id": number}
        book.trigger_event(MaintenanceBook.PublicationRequested, timestamp=now, **shared, **more)
        offered = {"status": "Published", "request_id": number, "locations": ("https://lc.test/f",)}
        book.trigger_event(MaintenanceBook.PublicationStatusReported, timestamp=now, **offered)
        if rng.random() < 0.5:
            book.trigger_event(MaintenanceBook.PublicationEndAnswered, timestamp=now, outcome="Unpublished", **shared)
        upload = {"location": "https://example.org/l", "request_id": 7, "log_type": "SecurityLog"}
        book.trigger_event(MaintenanceBook.LogRequested, timestamp=now, outcome=outcome, **upload)
        book.trigger_event(MaintenanceBook.LogStatusReported, timestamp=now, status="Uploading", request_id=7)
        return book

    def _certified(self, now: datetime) -> Book:
        book, rng = self._book(CertificateBook, now), self._rng
        book.trigger_event(CertificateBook.SigningRequested, timestamp=now, csr="csr", answer="Accepted")
        if rng.random() < 0.5:
            book.trigger_event(CertificateBook.ChainSent, timestamp=now, certificate_chain="pem", outcome="Accepted")
        root = InstalledCertificate("CSMSRootCertificate", CertificateHash("SHA256", "n", "k", rng.choice("12")))
        book.trigger_event(CertificateBook.Reported, timestamp=now, types=(root.type,), certificates=(root,))
        if rng.random() < 0.5:
            book.trigger_event(CertificateBook.DeletionAnswered, timestamp=now, hash=root.hash, outcome="Accepted")
        return book

    def _secured(self, now: datetime) -> Book:
        book = self._book(SecurityBook, now)
        book.trigger_event(SecurityBook.EventNotified, timestamp=now, type="SettingSystemTime", occurred_at=now)
        return book

    def _asked(self, now: datetime) -> Book:
        book, rng = self._book(TransactionStatusBook, now), self._rng
        told = {"transaction_id": rng.choice([None, "1"]), "messages_in_queue": rng.random() < 0.5}
        book.trigger_event(TransactionStatusBook.Reported, ongoing=rng.choice([None, True]), timestamp=now, **told)
        return book

    def _limited(self, now: datetime) -> Book:
        book, rng = self._book(ChargingProfileBook, now), self._rng
        periods = (SchedulePeriod(0, Decimal(rng.randrange(6, 33))),)
        profile = ChargingProfile(
            id=rng.randrange(3),
            stack_level=rng.randrange(2),
            purpose=ChargingProfilePurpose.TX_DEFAULT_PROFILE,
            kind=ChargingProfileKind.ABSOLUTE,
            schedules=(ChargingSchedule(ChargingRateUnit.A, periods),),
        )
        evse_id = rng.choice([None, 1])
        book.trigger_event(
            ChargingProfileBook.Set, timestamp=now, profile=profile, evse_id=evse_id, status="Accepted", accepted=True
        )
        if rng.random() < 0.3:
            criteria = Criteria(id=rng.randrange(3))
            book.trigger_event(ChargingProfileBook.Cleared, timestamp=now, criteria=criteria, status="Accepted")
        schedule = CompositeSchedule(ChargingRateUnit.A, periods, now, 600)
        book.trigger_event(
            ChargingProfileBook.CompositeScheduleReported,
            timestamp=now,
            evse_id=1,
            status="Accepted",
            schedule=schedule,
        )
        asked = {"request_id": rng.randrange(3), "criteria": ReportCriteria(evse_id=evse_id), "status": "Accepted"}
        book.trigger_event(ChargingProfileBook.ReportAsked, timestamp=now, **asked)
        told = (ReportedProfile(1, rng.choice(["CSO", "EMS"]), profile),)
        number, last = rng.randrange(3), rng.random() < 0.5
        book.trigger_event(ChargingProfileBook.Reported, timestamp=now, request_id=number, profiles=told, last=last)
        source = rng.choice(["EMS", "SO"])
        book.trigger_event(ChargingProfileBook.LimitNotified, timestamp=now, source=source, evse_id=evse_id)
        if rng.random() < 0.5:
            book.trigger_event(ChargingProfileBook.LimitCleared, timestamp=now, source=rng.choice(["EMS", "SO"]))
        return book

    def _needed(self, now: datetime) -> Book:
        book, rng = self._book(EvChargingBook, now), self._rng
        place = {"evse_id": 1, "transaction_id": rng.choice([None, "T1", "T2"])}
        needs = ChargingNeeds("AC_three_phase", now, AcNeeds(rng.randrange(20_000), 6, 32, 400))
        answer = rng.choice(["Processing", "Rejected"])
        book.trigger_event(EvChargingBook.NeedsNotified, timestamp=now, needs=needs, answer=answer, **place)
        schedule = ChargingSchedule(ChargingRateUnit.A, (SchedulePeriod(0, Decimal(rng.randrange(6, 33))),))
        plan = {"schedule": schedule, "time_base": now, "accepted": rng.random() < 0.5}
        book.trigger_event(EvChargingBook.ScheduleNotified, timestamp=now, **plan, **place)
        return book

    def _modelled(self, now: datetime) -> Book:
        book, rng = self._book(DeviceModelBook, now), self._rng
        number, seq_no = rng.randrange(1, 4), rng.randrange(3)
        book.trigger_event(DeviceModelBook.ReportAnswered, timestamp=now, request_id=number, outcome="Accepted")
        what = Characteristics("decimal", True, "W", Decimal(0), Decimal("1.5"))
        power = Variable("Power", rng.choice(["EVSE", "evse"]), evse=Evse(rng.randrange(1, 3)))
        book.trigger_event(
            DeviceModelBook.PartReported,
            timestamp=now,
            request_id=number,
            seq_no=seq_no,
            generated_at=now,
            more=seq_no < 2,
            variables=(VariableReport(power, (Attribute(str(rng.randrange(3))), Attribute(None, "Target")), what),),
        )
        return book

    def _reached(self, now: datetime) -> Book:
        book, rng = self._book(NetworkBook, now), self._rng
        profile = NetworkProfile("wss://csms.test", rng.randrange(1, 4), "Wired0", 30)
        outcome = rng.choice(["Accepted", "Failed"])
        book.trigger_event(
            NetworkBook.ProfileAnswered, timestamp=now, slot=rng.randrange(3), profile=profile, outcome=outcome
        )
        return book

    def _displayed(self, now: datetime) -> Book:
        book, rng = self._book(DisplayMessageBook, now), self._rng
        content = DisplayContent(rng.choice(["Hello", "Goodbye"]), "UTF8")
        bound = {"ends_at": rng.choice([None, now]), "transaction_id": rng.choice([None, "0", "1"])}
        message = DisplayMessage(rng.randrange(4), "InFront", content, **bound)
        outcome = rng.choice(["Accepted", "Rejected"])
        book.trigger_event(DisplayMessageBook.SettingAnswered, timestamp=now, message=message, outcome=outcome)
        number = rng.randrange(3)
        ids = rng.choice([(), (1,)])
        report = {"request_id": number, "ids": ids, "outcome": rng.choice(["Accepted", "Unknown"])}
        book.trigger_event(DisplayMessageBook.ReportAnswered, timestamp=now, **report)
        part = {"request_id": number, "messages": (message,), "last": rng.random() < 0.5}
        book.trigger_event(DisplayMessageBook.Reported, timestamp=now, **part)
        if rng.random() < 0.3:
            cleared = {"message_id": rng.randrange(4), "outcome": "Accepted"}
            book.trigger_event(DisplayMessageBook.ClearingAnswered, timestamp=now, **cleared)
        return book

    def _asked_about_customers(self, now: datetime) -> list[Book]:
        book, choices, rng = self._book(CustomerInformationBook, now), self._book(PrivacyBook, now), self._rng
        asked: dict[str, Any] = {
            "request_id": rng.randrange(4),
            "report": rng.random() < 0.8,
            "clear": rng.random() < 0.4,
            "outcome": "Accepted",
            "reference": CustomerReference.ID_TOKEN,
            "customer": rng.choice(["one", "other"]),
            "id_token": IdToken("a", "Central"),
        }
        book.trigger_event(CustomerInformationBook.RequestAnswered, timestamp=now, **asked)
        number = rng.randrange(4)
        for seq_no in rng.sample([0, 1], 2):
            part = {"request_id": number, "seq_no": seq_no, "data": f"{seq_no}", "last": seq_no == 1}
            book.trigger_event(CustomerInformationBook.Reported, timestamp=now, generated_at=now, **part)
        if rng.random() < 0.3:
            forgotten = PrivacyBook.CustomerInformationForgotten
            choices.trigger_event(forgotten, timestamp=now, request_id=rng.randrange(4))
        return [book, choices]

    def _monitored(self, now: datetime) -> Book:
        book, rng = self._book(MonitoringBook, now), self._rng
        variable = Variable("Power", rng.choice(["EVSE", "Connector"]))
        kind = rng.choice([None, "CustomMonitor"])
        found = [Monitor(variable, "Delta", Decimal(rng.randrange(9)), 4, id, kind=kind) for id in range(3)]
        settings = tuple(MonitorSetting(one, rng.choice(["Accepted", "Duplicate"])) for one in found[:2])
        book.trigger_event(MonitoringBook.SettingsAnswered, timestamp=now, settings=settings)
        number = rng.randrange(3)
        report = {"request_id": number, "outcome": rng.choice(["Accepted", "EmptyResultSet"])}
        book.trigger_event(MonitoringBook.ReportAnswered, timestamp=now, **report)
        for seq_no in rng.sample([0, 1], 2):
            part = {"request_id": number, "seq_no": seq_no, "monitors": tuple(found[1:2]), "last": seq_no == 1}
            book.trigger_event(MonitoringBook.Reported, timestamp=now, generated_at=now, **part)
        if rng.random() < 0.3:
            book.trigger_event(MonitoringBook.ClearingsAnswered, timestamp=now, clearings=(Clearing(1, "Accepted"),))
        base = {"base": rng.choice(["All", "FactoryDefault"]), "outcome": rng.choice(["Accepted", "Rejected"])}
        book.trigger_event(MonitoringBook.BaseAnswered, timestamp=now, **base)
        book.trigger_event(MonitoringBook.LevelAnswered, timestamp=now, severity=rng.randrange(9), outcome="Accepted")
        return book


def alarm(number: int, now: datetime) -> DeviceEvent:
    """The monitor 1 alerts, and every other time says that it is over."""
    told: dict[str, Any] = {"trigger": "Alerting", "monitor_id": 1, "cleared": number % 2 == 1}
    return DeviceEvent(number, now, "EVSE", "Power", f"{number}", **told)
