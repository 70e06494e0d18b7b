"""Reading what versions write alike: times and meter values. Lenient in what it takes: time and energy are money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from api.ocpp.schema import CallFailed
from domain.id_token import Authorization
from domain.tariff import Terms
from domain.values import Evse, IdToken, MeterReading, SampledValue, SignedValue


def instant(text: str) -> datetime:
    """An ISO 8601 time; without a zone it is taken as UTC. Raises CallFailed for what is no time at all."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise CallFailed("TypeConstraintViolation", f"{text[:40]!r} is not a date and time as in RFC 3339") from None
    if parsed.tzinfo is UTC:
        return parsed
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError:
        raise CallFailed("PropertyConstraintViolation", f"{text[:40]!r} is out of range") from None


def timestamp(at: datetime) -> str:
    """UTC with milliseconds and `Z`, the form every station reads."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


_DIGITS = Context(prec=28)
_TOO_MUCH = 10**15
"""No meter shows as much, and sums of more fit into no column."""


def decimal(value: Any) -> Decimal | None:
    """A measured number, or None where the station sent none (`NaN`, empty, text). A decimal comma does occur."""
    text = value if isinstance(value, str) else repr(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return decimal(text.replace(",", ".")) if "," in text else None
    if len(text) <= 15 and not text.strip("-.0123456789"):  # nearly all: neither too great, nor too fine, nor no number
        return number
    if not number.is_finite() or not -28 < number.adjusted() < 15:
        return None
    return number if len(text) <= 28 else _DIGITS.plus(number)


def register_wh(value: int) -> int | None:
    """1.6 meterStart and meterStop; None for a number that no meter shows."""
    return value if abs(value) < _TOO_MUCH else None


def number_of(value: int) -> int:
    """The number of an EVSE or a connector. Raises CallFailed for one that no station has."""
    if not 0 <= value < 2**31:
        raise CallFailed("PropertyConstraintViolation", f"{value} is not the number of an EVSE or connector")
    return value


def integer(value: float) -> int:
    """An integer as OCPP has them, with 32 bits. Raises CallFailed for any other."""
    if not -(2**31) <= value < 2**31:
        raise CallFailed("PropertyConstraintViolation", f"{value} has more than 32 bits")
    return int(value)


def reference(value: int | None) -> int | None:
    """An id that we gave the station (of a remote start, of a reservation); one beyond 32 bits is none of ours."""
    return value if value is not None and 0 <= value < 2**31 else None


def count(value: int | None) -> int | None:
    """A number of attempts or of seconds; one beyond 32 bits nobody means."""
    return reference(value)


@lru_cache(maxsize=256)
def evse_of_connector(connector_id: int) -> Evse:
    """1.6 connector n is EVSE n with connector 1; connector 0 is the station as a whole."""
    return Evse(number_of(connector_id), 1) if connector_id > 0 else Evse(0)


def evse(value: dict[str, Any] | None) -> Evse | None:
    if value is None:
        return None
    connector_id = value.get("connectorId")
    return Evse(number_of(value["id"]), None if connector_id is None else number_of(connector_id))


def id_token(value: dict[str, Any] | None) -> IdToken | None:
    return None if value is None else IdToken(value["idToken"], value["type"])


def readings_v16(meter_values: Iterable[dict[str, Any]]) -> tuple[MeterReading, ...]:
    return tuple(
        MeterReading(instant(mv["timestamp"]), tuple([_sample_v16(sv) for sv in mv["sampledValue"]]))
        for mv in meter_values
    )


def _sample_v16(sv: dict[str, Any]) -> SampledValue:
    measurand = sv.get("measurand", "Energy.Active.Import.Register")
    is_signed = sv.get("format") == "SignedData"
    return SampledValue(
        None if is_signed else decimal(sv["value"]),
        measurand,
        _UNIT_SPELLING.get(unit := sv.get("unit") or _default_unit(measurand), unit),
        sv.get("context", "Sample.Periodic"),
        sv.get("phase"),
        sv.get("location", "Outlet"),
        SignedValue(sv["value"]) if is_signed else None,
    )


_UNIT_SPELLING = {"Celcius": "Celsius"}


def _default_unit(measurand: str) -> str:
    match measurand.split(".")[0]:
        case "Energy":
            return "varh" if "Reactive" in measurand else "Wh"
        case "Power":
            return "" if measurand == "Power.Factor" else "var" if "Reactive" in measurand else "W"
        case head:
            return {"Current": "A", "Voltage": "V", "SoC": "Percent", "Frequency": "Hz", "Temperature": "Celsius"}.get(
                head, ""
            )


def readings_v2(meter_values: Iterable[dict[str, Any]] | None) -> tuple[MeterReading, ...]:
    if not meter_values:
        return ()
    return tuple(
        MeterReading(instant(mv["timestamp"]), tuple([_sample_v2(sv) for sv in mv["sampledValue"]]))
        for mv in meter_values
    )


def _sample_v2(sv: dict[str, Any]) -> SampledValue:
    measurand = sv.get("measurand", "Energy.Active.Import.Register")
    unit = sv.get("unitOfMeasure") or _NO_UNIT
    value = decimal(sv["value"])
    if value is not None and (multiplier := unit.get("multiplier")):
        value = decimal(str(value.scaleb(max(-30, min(30, multiplier)))))
    return SampledValue(
        value,
        measurand,
        unit.get("unit") or _default_unit(measurand),
        sv.get("context", "Sample.Periodic"),
        sv.get("phase"),
        sv.get("location", "Outlet"),
        _signed_v2(sv["signedMeterValue"]) if "signedMeterValue" in sv else None,
    )


_NO_UNIT: dict[str, Any] = {}


def _signed_v2(signed: dict[str, Any]) -> SignedValue:
    return SignedValue(
        signed["signedMeterData"], signed["signingMethod"], signed["encodingMethod"], signed["publicKey"]
    )


def transaction_id_v16(number: int, occurred_at: datetime) -> str:
    """A 1.6 number as text. One we cannot have given (-1 from a station that never got one) stands for itself alone."""
    return str(number) if number > 0 else f"{number}@{timestamp(occurred_at)}"


_KNOWN_TO_16 = frozenset({"Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"})


def id_tag_info(authorization: Authorization) -> dict[str, Any]:
    """1.6 IdTagInfo; a status that 1.6 has no word for is Invalid."""
    info: dict[str, Any] = {"status": authorization.status if authorization.status in _KNOWN_TO_16 else "Invalid"}
    if authorization.expires_at is not None:
        info["expiryDate"] = timestamp(authorization.expires_at)
    if authorization.group_id is not None:
        info["parentIdTag"] = authorization.group_id[:20]
    return info


def message(name: str, terms: Terms | None) -> dict[str, Any]:
    """The text of a tariff as a 2.x MessageContent of this name; nothing where there is none (I01)."""
    if terms is None or not terms.description:
        return {}
    return {name: {"format": "UTF8", "content": terms.description[:512]}}


def id_token_info(authorization: Authorization) -> dict[str, Any]:
    """2.x IdTokenInfo with the group that may stop its transactions (C09)."""
    info: dict[str, Any] = {"status": authorization.status}
    if authorization.expires_at is not None:
        info["cacheExpiryDateTime"] = timestamp(authorization.expires_at)
    if authorization.group_id is not None:
        info["groupIdToken"] = {"idToken": authorization.group_id, "type": "Central"}
    return info
