# mypy: disallow_untyped_decorators=false
"""What meters have signed of transactions: the data as it came, and what it proves."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal

import strawberry

from api.graphql.context import Info
from api.graphql.enums import Verdict
from api.graphql.paging import Connection, connection, key_of, page_size, position_of
from domain import ocmf
from domain.signed_containers import public_key
from domain.signed_verdict import Assessment, Checked, assess
from projections.meter_keys import meter_keys_of
from projections.page import Page
from projections.signed_values import SignedValueRow, signed_values_of

_MOST = 1_000
"""Values of a transaction that are checked together."""


@strawberry.type(description="What one register showed, as the meter has signed it.")
class SignedReading:
    at: datetime | None = strawberry.field(description="By the meter's clock.")
    clock: str = strawberry.field(description="S synchronised, I informative, R relative, U unknown.")
    mark: str = strawberry.field(description="B is the begin of a transaction, E L R A P its end.")
    value: Decimal | None
    register: str = strawberry.field(description="As OBIS.")
    unit: str
    errors: str = strawberry.field(description="E: the energy is wrong; t: the time. Empty if all is well.")
    status: str = strawberry.field(description="G if all is well.")

    @classmethod
    def of(cls, reading: ocmf.Reading) -> SignedReading:
        return cls(
            at=reading.at,
            clock=reading.clock,
            mark=reading.mark,
            value=reading.value,
            register=reading.register,
            unit=reading.unit,
            errors=reading.errors,
            status=reading.status,
        )


@strawberry.type
class SignedValue:
    at: datetime = strawberry.field(description="By the station's clock.")
    context: str = strawberry.field(description="Such as Transaction.Begin.")
    data: str = strawberry.field(description="Byte for byte as the station sent it.")
    record: str | None = strawberry.field(
        description="The same without its wrapping, byte for byte, as programs that verify it want it; null if it is"
        " not OCMF."
    )
    format: str = strawberry.field(description="OCMF, or what the station calls it.")
    signing_method: str = strawberry.field(description="As the station told it; often empty.")
    public_key: str | None = strawberry.field(description="The key that came along, which proves nothing by itself.")
    verdict: Verdict
    reason: str | None = strawberry.field(description="Why it is not VALID.")
    meter_serial: str | None
    pagination: str | None = strawberry.field(description="The meter's own count.")
    readings: list[SignedReading]

    @classmethod
    def of(cls, row: SignedValueRow, checked: Checked) -> SignedValue:
        container, record = checked.container, checked.record
        return cls(
            at=row.at,
            context=row.context,
            data=row.data,
            record=container.text,
            format=container.format,
            signing_method=container.method,
            public_key=container.public_key or None,
            verdict=checked.verdict,
            reason=checked.reason or None,
            meter_serial=record.serial if record else None,
            pagination=record.pagination if record else None,
            readings=[SignedReading.of(reading) for reading in record.readings] if record else [],
        )


@strawberry.type(description="What the meter has signed of a transaction.")
class SignedValues:
    verdict: Verdict
    reason: str | None = strawberry.field(description="Why it is not VALID.")
    energy_wh: Decimal | None = strawberry.field(
        description="From begin to end, exact. Null unless VALID, as are the following."
    )
    meter_serial: str | None
    begin: SignedReading | None
    end: SignedReading | None
    public_key: str | None = strawberry.field(description="The stored key that it was signed with, in hex.")
    found: strawberry.Private[list[tuple[SignedValueRow, Checked]]]

    @strawberry.field(description="In the order in which they were told; a repetition stands here again.")
    def values(self, first: int, after: str | None = None) -> Connection[SignedValue]:
        size, number = page_size(first), position_of(key_of(after)) or 0
        later = [one for one in self.found if one[0].number > number]
        page = Page(later[:size], len(later) > size)
        return connection(page, lambda one: SignedValue.of(*one), lambda one: str(one[0].number))

    @classmethod
    def of(cls, rows: list[SignedValueRow], assessed: Assessment) -> SignedValues:
        return cls(
            verdict=assessed.verdict,
            reason=assessed.reason or None,
            energy_wh=assessed.energy_wh,
            meter_serial=assessed.serial,
            begin=SignedReading.of(assessed.begin) if assessed.begin else None,
            end=SignedReading.of(assessed.end) if assessed.end else None,
            public_key=assessed.key.hex() if assessed.key else None,
            found=list(zip(rows, assessed.values, strict=True)),
        )


async def signed_values_by_transaction(
    info: Info, id: str, station_id: str, evse_id: int | None
) -> SignedValues | None:
    page = await info.context.load(signed_values_of, id, first=_MOST)
    if page is None or not page.rows:
        return None
    keys = await info.context.load(meter_keys_of, station_id) or []
    trusted = [public_key(key.public_key) for key in keys if key.evse_id in (0, evse_id)]
    assessed = await asyncio.to_thread(_assess, info, page, trusted)
    return SignedValues.of(page.rows, assessed)


def _assess(info: Info, page: Page[SignedValueRow], trusted: list[bytes]) -> Assessment:
    """Takes its time: a hundredth of a second for every ten to a hundred values."""
    assessed = assess([row.value for row in page.rows], trusted, info.context.services.signatures.verify)
    if page.has_next:
        return Assessment(Verdict.UNSUPPORTED, f"there are more than {_MOST} of them", assessed.values)
    return assessed
