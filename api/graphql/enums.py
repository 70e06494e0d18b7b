"""States as outsiders see them. Where OCPP spells a state, its spelling is kept."""

from __future__ import annotations

from enum import Enum

import strawberry

from domain.availability_wishes import WishOutcome
from domain.charge_detail_record import Occasion as IssueOccasion
from domain.charging_profiles import (
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    RecurrencyKind,
)
from domain.command import CommandStatus
from domain.configuration import ChangeOutcome
from domain.installed_profiles import Confirmation
from domain.metering_truth import Certainty as MeteringCertainty
from domain.metering_truth import Doubt as MeteringDoubt
from domain.rating import LineKind, PriceKind, Weekday
from domain.reconciliation import Cause
from domain.sales_tariff import CostKind
from domain.signed_verdict import Verdict
from domain.transaction import TransactionState
from domain.values import AuthorizationStatus, Reconciling, RegistrationStatus
from projections.billing import RecordState as ChargeDetailRecordState
from projections.reconciliations import ReconciliationStatus
from projections.reservations import ReservationStatus

__all__ = [
    "Cause",
    "ChangeOutcome",
    "ChargeDetailRecordState",
    "ChargingProfileKind",
    "ChargingProfilePurpose",
    "ChargingRateUnit",
    "CommandStatus",
    "Confirmation",
    "ConnectorStatus",
    "CostKind",
    "IdTokenStatus",
    "IssueOccasion",
    "LineKind",
    "LocalListUpdate",
    "MeteringCertainty",
    "MeteringDoubt",
    "PriceKind",
    "ReconciliationStatus",
    "Reconciling",
    "RecurrencyKind",
    "RegistrationStatus",
    "ReservationStatus",
    "ResetType",
    "TransactionState",
    "Verdict",
    "Weekday",
    "WishOutcome",
    "connector_status",
]

strawberry.enum(ChangeOutcome)
strawberry.enum(ChargeDetailRecordState, name="ChargeDetailRecordState")
strawberry.enum(ChargingProfileKind)
strawberry.enum(ChargingProfilePurpose)
strawberry.enum(ChargingRateUnit)
strawberry.enum(CommandStatus)
strawberry.enum(
    Confirmation,
    name="ChargingProfileConfirmation",
    description="What the station has reported of a profile. ASSUMED: nothing yet. CONFIRMED: it has it as we set it."
    " DIFFERENT: it has something else under its id. MISSING: it does not have it. FOREIGN: it is not from us.",
)
strawberry.enum(CostKind, name="SalesTariffCostKind")
strawberry.enum(IssueOccasion, name="IssueOccasion", description="Why a revision was issued.")
strawberry.enum(MeteringCertainty, name="MeteringCertainty")
strawberry.enum(MeteringDoubt, name="MeteringDoubt")
strawberry.enum(LineKind, name="ChargeLineKind")
strawberry.enum(PriceKind)
strawberry.enum(Weekday)
strawberry.enum(RecurrencyKind)
strawberry.enum(TransactionState)
strawberry.enum(
    Verdict,
    name="SignedValueVerdict",
    description="What signed meter values prove; of a transaction the first that applies. INVALID_SIGNATURE: changed,"
    " or signed with another key. UNREADABLE: damaged. UNSUPPORTED: a format, an algorithm or a key that the server"
    " cannot check. OTHER_KEY: signed with a key that the station sent and nobody has stored. UNKNOWN_KEY: no key is"
    " stored (setMeterKey). METER_ERROR: the meter reports a fault. NOT_CONTINUOUS: not of one meter, or pages are"
    " missing. INCOMPLETE: begin or end are missing, as while it goes on.",
)
strawberry.enum(RegistrationStatus)
strawberry.enum(WishOutcome)
strawberry.enum(Reconciling, description="When what a station has is compared with what it should have, and mended.")
strawberry.enum(Cause, name="ReconciliationCause")
strawberry.enum(ReconciliationStatus, description="EXPIRED: the station did not come in time.")
strawberry.enum(
    ReservationStatus,
    description="ACCEPTED until it has ended; REMOVED by the station itself, REFUSED from the beginning.",
)


@strawberry.enum(description="1.6 ChargePointStatus and 2.x ConnectorStatusEnumType in one; UNKNOWN is any other word.")
class ConnectorStatus(Enum):
    Available = "Available"
    Preparing = "Preparing"
    Charging = "Charging"
    SuspendedEVSE = "SuspendedEVSE"
    SuspendedEV = "SuspendedEV"
    Finishing = "Finishing"
    Reserved = "Reserved"
    Unavailable = "Unavailable"
    Faulted = "Faulted"
    Occupied = "Occupied"
    UNKNOWN = "UNKNOWN"


_CONNECTOR_STATUSES = {status.value: status for status in ConnectorStatus}


def connector_status(told: str) -> ConnectorStatus:
    return _CONNECTOR_STATUSES.get(told, ConnectorStatus.UNKNOWN)


@strawberry.enum(
    description="2.x AuthorizationStatusEnumType; a 1.6 station is told the first four, and Invalid for the others."
)
class IdTokenStatus(Enum):
    Accepted = "Accepted"
    Blocked = "Blocked"
    Expired = "Expired"
    Invalid = "Invalid"
    ConcurrentTx = "ConcurrentTx"
    NoCredit = "NoCredit"
    NotAllowedTypeEVSE = "NotAllowedTypeEVSE"
    NotAtThisLocation = "NotAtThisLocation"
    NotAtThisTime = "NotAtThisTime"
    Unknown = "Unknown"

    @property
    def in_domain(self) -> AuthorizationStatus:
        return AuthorizationStatus(self.value)


@strawberry.enum
class ResetType(Enum):
    IMMEDIATE = "Immediate"
    ON_IDLE = "OnIdle"


@strawberry.enum
class LocalListUpdate(Enum):
    FULL = "Full"
    DIFFERENTIAL = "Differential"
