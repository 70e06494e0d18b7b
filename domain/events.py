"""Every aggregate, imported: after this, each event's TOPIC resolves to its class."""

from domain.availability_wishes import AvailabilityBook
from domain.certificates import CertificateBook
from domain.charging_profiles import ChargingProfileBook
from domain.command import Command
from domain.configuration import ConfigurationBook
from domain.id_token import IdTokenRecord
from domain.local_list import LocalListBook
from domain.maintenance import MaintenanceBook
from domain.reconciliation import Reconciliation
from domain.reservation import ReservationBook
from domain.security import SecurityBook
from domain.station import Station
from domain.station_day import StationDay
from domain.tariff import Tariff
from domain.transaction import Transaction

__all__ = [
    "AGGREGATES",
    "AvailabilityBook",
    "CertificateBook",
    "ChargingProfileBook",
    "Command",
    "ConfigurationBook",
    "IdTokenRecord",
    "LocalListBook",
    "MaintenanceBook",
    "Reconciliation",
    "ReservationBook",
    "SecurityBook",
    "Station",
    "StationDay",
    "Tariff",
    "Transaction",
]

AGGREGATES = (
    Station,
    StationDay,
    Transaction,
    Command,
    IdTokenRecord,
    Tariff,
    AvailabilityBook,
    CertificateBook,
    ChargingProfileBook,
    ConfigurationBook,
    LocalListBook,
    MaintenanceBook,
    Reconciliation,
    ReservationBook,
    SecurityBook,
)
