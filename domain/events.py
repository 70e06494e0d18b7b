"""Every aggregate, imported: after this, each event's TOPIC resolves to its class."""

from domain.certificates import CertificateBook
from domain.command import Command
from domain.id_token import IdTokenRecord
from domain.maintenance import MaintenanceBook
from domain.security import SecurityBook
from domain.station import Station
from domain.station_day import StationDay
from domain.tariff import Tariff
from domain.transaction import Transaction

__all__ = [
    "AGGREGATES",
    "CertificateBook",
    "Command",
    "IdTokenRecord",
    "MaintenanceBook",
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
    MaintenanceBook,
    SecurityBook,
    CertificateBook,
)
