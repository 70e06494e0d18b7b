"""Every aggregate, imported: after this, each event's TOPIC resolves to its class."""

from domain.availability_wishes import AvailabilityBook
from domain.certificates import CertificateBook
from domain.charge_detail_record import ChargeDetailRecord
from domain.charging_profiles import ChargingProfileBook
from domain.command import Command
from domain.configuration import ConfigurationBook
from domain.customer_information import CustomerInformationBook, PrivacyBook
from domain.device_model import DeviceModelBook
from domain.display_messages import DisplayMessageBook
from domain.ev_charging import EvChargingBook
from domain.id_token import IdTokenRecord
from domain.local_list import LocalListBook
from domain.maintenance import MaintenanceBook
from domain.meter_keys import MeterKeys
from domain.monitoring import MonitoringBook
from domain.network import NetworkBook
from domain.reconciliation import Reconciliation
from domain.reservation import ReservationBook
from domain.security import SecurityBook
from domain.station import Station
from domain.station_day import StationDay
from domain.tariff import Tariff
from domain.transaction import Transaction
from domain.transaction_status import TransactionStatusBook

__all__ = [
    "AGGREGATES",
    "AvailabilityBook",
    "CertificateBook",
    "ChargeDetailRecord",
    "ChargingProfileBook",
    "Command",
    "ConfigurationBook",
    "CustomerInformationBook",
    "DeviceModelBook",
    "DisplayMessageBook",
    "EvChargingBook",
    "IdTokenRecord",
    "LocalListBook",
    "MaintenanceBook",
    "MeterKeys",
    "MonitoringBook",
    "NetworkBook",
    "PrivacyBook",
    "Reconciliation",
    "ReservationBook",
    "SecurityBook",
    "Station",
    "StationDay",
    "Tariff",
    "Transaction",
    "TransactionStatusBook",
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
    ChargeDetailRecord,
    ChargingProfileBook,
    ConfigurationBook,
    CustomerInformationBook,
    PrivacyBook,
    DeviceModelBook,
    DisplayMessageBook,
    EvChargingBook,
    LocalListBook,
    MaintenanceBook,
    MeterKeys,
    MonitoringBook,
    NetworkBook,
    Reconciliation,
    ReservationBook,
    SecurityBook,
    TransactionStatusBook,
)
