"""Every aggregate, imported: after this, each event's TOPIC resolves to its class."""

from domain.charging_profiles import ChargingProfileBook
from domain.command import Command
from domain.id_token import IdTokenRecord
from domain.station import Station
from domain.station_day import StationDay
from domain.tariff import Tariff
from domain.transaction import Transaction

__all__ = [
    "AGGREGATES",
    "ChargingProfileBook",
    "Command",
    "IdTokenRecord",
    "Station",
    "StationDay",
    "Tariff",
    "Transaction",
]

AGGREGATES = (Station, StationDay, Transaction, Command, IdTokenRecord, Tariff, ChargingProfileBook)
