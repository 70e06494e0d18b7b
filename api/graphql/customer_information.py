# mypy: disallow_untyped_decorators=false
"""What stations have stored about customers: asking for it, having it cleared, and forgetting what was told."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.certificates import HashAlgorithm
from api.graphql.context import Info
from api.graphql.deciding import checked, decide, require_known, within_bounds
from api.graphql.errors import UserError, bad_input, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import INT_MAX, whole
from api.graphql.visibility import at_least, shown
from domain.customer_information import CustomerReference, PrivacyBook
from domain.events import Station
from domain.journal import load
from projections.customer_information import (
    CustomerInformationRow,
    customer_information,
    customer_information_page,
)

strawberry.enum(CustomerReference, description="By what a customer was named.")


@strawberry.type(description="A request about a customer's data, and what the station told.")
class CustomerInformation:
    station_id: strawberry.ID
    request_id: int
    requested_at: datetime | None
    report: bool | None
    clear: bool | None
    outcome: str | None = strawberry.field(description="Accepted, Rejected or Invalid, as the station answered.")
    reference: CustomerReference | None
    id_token: str | None = strawberry.field(description="If the customer was named by one.")
    parts: int = strawberry.field(description="How many parts of its report have come.")
    complete: bool = strawberry.field(description="Whether all of them have.")
    data: str | None = strawberry.field(description="What has come, put together; null if nothing has, or after that.")
    reported_at: datetime | None
    forgotten_at: datetime | None = strawberry.field(
        description="Since then the data is not shown: the customer was cleared, or forgetCustomerInformation done."
    )

    @classmethod
    def of(cls, row: CustomerInformationRow) -> CustomerInformation:
        return cls(
            station_id=strawberry.ID(row.station_id),
            request_id=whole(row.request_id),
            requested_at=row.requested_at,
            report=row.report,
            clear=row.clear,
            outcome=row.outcome,
            reference=CustomerReference(row.reference) if row.reference else None,
            id_token=row.id_token,
            parts=row.parts,
            complete=row.complete,
            data=row.data,
            reported_at=row.reported_at,
            forgotten_at=row.forgotten_at,
        )


@strawberry.input
class CustomerInformationFilter:
    station_id: strawberry.ID | None = None
    request_id: int | None = None


@strawberry.type
class CustomerInformationQueries:
    @strawberry.field(description="What stations told about customers, that of a station together.")
    async def customer_information(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: CustomerInformationFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[CustomerInformation]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, customer_information)
        asked = filter or CustomerInformationFilter()
        page = await customer_information_page(
            info.context.pool, size, key, station_id=asked.station_id, request_id=asked.request_id
        )
        return connection(page, CustomerInformation.of, lambda row: row.id)


@strawberry.input(description="What names a certificate, as in RFC 6960: the hashes are those of its issuer.")
class CustomerCertificateInput:
    hash_algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@strawberry.input(description="Name the customer in exactly one of the three ways.")
class RequestCustomerInformationInput(StationRequest):
    report: bool = strawberry.field(description="Tell what is stored.")
    clear: bool = strawberry.field(description="Clear what is stored.")
    id_token: str | None = None
    id_token_type: str = "ISO14443"  # noqa: S105  # a kind of card
    customer_certificate: CustomerCertificateInput | None = None
    customer_identifier: str | None = strawberry.field(default=None, description="In terms of the station's vendor.")


@strawberry.input
class ForgetCustomerInformationInput:
    station_id: strawberry.ID
    request_id: int


@strawberry.type
class ForgetCustomerInformationPayload:
    error: UserError | None = None
    position: str | None = None


@strawberry.type
class CustomerInformationMutations:
    @strawberry.mutation(
        description="Have a station tell or clear what it has stored about a customer. A token that is cleared is taken"
        " off the station's local list too."
    )
    @refusals_as(CommandPayload)
    async def request_customer_information(self, info: Info, input: RequestCustomerInformationInput) -> CommandPayload:
        if not (input.report or input.clear):
            raise bad_input("report", "ask for a report, a clearing, or both")
        payload: dict[str, Any] = {
            "requestId": 1 + secrets.randbelow(INT_MAX),
            "report": input.report,
            "clear": input.clear,
        }
        drawn = ("requestId",)
        return await ask(info, input, "CustomerInformation", payload | _customer(input), drawn=drawn)

    @strawberry.mutation(description="Show no more what a station told about a customer.")
    @refusals_as(ForgetCustomerInformationPayload)
    async def forget_customer_information(
        self, info: Info, input: ForgetCustomerInformationInput
    ) -> ForgetCustomerInformationPayload:
        within_bounds("requestId", input.request_id, 0, INT_MAX)
        services = info.context.services
        require_known(await load(services.journal, Station, Station.stream(input.station_id)), input.station_id)
        now = services.clock()

        def forget(book: PrivacyBook) -> None:
            forgotten = PrivacyBook.CustomerInformationForgotten
            book.trigger_event(forgotten, request_id=input.request_id, timestamp=now)

        recorded = await decide(services, PrivacyBook, PrivacyBook.stream(input.station_id, now.date()), forget)
        return ForgetCustomerInformationPayload(position=await shown(info, recorded, customer_information))


def _customer(input: RequestCustomerInformationInput) -> dict[str, Any]:
    ways = (input.id_token, input.customer_certificate, input.customer_identifier)
    if sum(way is not None for way in ways) != 1:
        raise bad_input("idToken", "name the customer by idToken, customerCertificate or customerIdentifier, by one")
    if (certificate := input.customer_certificate) is not None:
        return {"customerCertificate": _hash_data(certificate)}
    if input.id_token is not None:
        return {
            "idToken": checked("idToken", input.id_token),
            "idTokenType": checked("idTokenType", input.id_token_type, 20),
        }
    return {"customerIdentifier": checked("customerIdentifier", input.customer_identifier or "", 64)}


def _hash_data(certificate: CustomerCertificateInput) -> dict[str, str]:
    return {
        "hashAlgorithm": certificate.hash_algorithm.value,
        "issuerNameHash": checked("issuerNameHash", certificate.issuer_name_hash, 128),
        "issuerKeyHash": checked("issuerKeyHash", certificate.issuer_key_hash, 128),
        "serialNumber": checked("serialNumber", certificate.serial_number, 40),
    }
