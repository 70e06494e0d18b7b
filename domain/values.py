"""Words that several aggregates share: id tokens, sampled values, meter readings, and the states that outsiders see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class RegistrationStatus(StrEnum):
    """What a BootNotification is answered (1.6 §4.2, 2.0.1 RegistrationStatusEnumType)."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class Reconciling(StrEnum):
    """When what a station has is compared with what it should have."""

    MANUAL = "MANUAL"
    ON_BOOT = "ON_BOOT"


class AuthorizationStatus(StrEnum):
    """2.0.1 AuthorizationStatusEnumType; 1.6 knows the first five and reads the others as Invalid."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class IdToken:
    """A token as presented. `type` is None where the protocol has none (1.6). Compared without regard to case."""

    value: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Evse:
    """Where: EVSE 0 is the station's own main meter; 1.6 connector n is EVSE n, connector 1."""

    id: int
    connector_id: int | None = None


@dataclass(frozen=True, slots=True)
class SignedValue:
    """A signed meter value, byte-exact as the station sent it (2.0.1 SignedMeterValueType; 1.6 format SignedData)."""

    data: str
    method: str = ""
    encoding: str = ""
    public_key: str = ""


# The two below are made for every value that every station sends. They are values all the same and nobody changes
# them, but a frozen dataclass takes three times as long to make.


@dataclass(slots=True)
class SampledValue:
    """One measured value in `unit`, any multiplier already applied. `phase` None is the total."""

    value: Decimal | None
    measurand: str = "Energy.Active.Import.Register"
    unit: str = "Wh"
    context: str = "Sample.Periodic"
    phase: str | None = None
    location: str = "Outlet"
    signed: SignedValue | None = None


@dataclass(slots=True)
class MeterReading:
    """The values taken at one instant, by the station's clock."""

    at: datetime
    values: tuple[SampledValue, ...]
