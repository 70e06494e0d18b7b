# mypy: disallow_untyped_decorators=false
"""Certificates of stations: which there are, which are asked for, and installing, deleting and sending them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.context import Info
from api.graphql.deciding import certificate, checked
from api.graphql.errors import bad_input, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.visibility import at_least
from domain.certificates import CertificateHash
from projections.certificates import (
    Reported,
    SigningRequestRow,
    certificates,
    certificates_by_station,
    signing_requests_page,
)

_LONGEST_CHAIN = 10_000
_MOST_IN_CHAIN = 10
_LONGEST_HASH = 128
_LONGEST_SERIAL = 40


@strawberry.enum(description="2.x InstallCertificateUseEnumType.")
class RootCertificateType(Enum):
    V2GRootCertificate = "V2GRootCertificate"
    MORootCertificate = "MORootCertificate"
    CSMSRootCertificate = "CSMSRootCertificate"
    ManufacturerRootCertificate = "ManufacturerRootCertificate"


@strawberry.enum(description="2.x GetCertificateIdUseEnumType.")
class InstalledCertificateType(Enum):
    V2GRootCertificate = "V2GRootCertificate"
    MORootCertificate = "MORootCertificate"
    CSMSRootCertificate = "CSMSRootCertificate"
    V2GCertificateChain = "V2GCertificateChain"
    ManufacturerRootCertificate = "ManufacturerRootCertificate"


@strawberry.enum(description="2.x CertificateSigningUseEnumType.")
class SignedCertificateType(Enum):
    ChargingStationCertificate = "ChargingStationCertificate"
    V2GCertificate = "V2GCertificate"


@strawberry.enum
class HashAlgorithm(Enum):
    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


@strawberry.type(description="What names a certificate, as in RFC 6960: the hashes are those of its issuer.")
class CertificateHashData:
    hash_algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    @classmethod
    def of(cls, hash: CertificateHash) -> CertificateHashData:
        return cls(
            hash_algorithm=HashAlgorithm(hash.hash_algorithm),
            issuer_name_hash=hash.issuer_name_hash,
            issuer_key_hash=hash.issuer_key_hash,
            serial_number=hash.serial_number,
        )


@strawberry.type
class InstalledCertificate:
    type: InstalledCertificateType
    hash_data: CertificateHashData
    children: list[CertificateHashData] = strawberry.field(description="Of a chain, those below.")
    reported_at: datetime

    @classmethod
    def of(cls, reported: Reported) -> InstalledCertificate:
        return cls(
            type=InstalledCertificateType(reported.certificate.type),
            hash_data=CertificateHashData.of(reported.certificate.hash),
            children=[CertificateHashData.of(child) for child in reported.certificate.children],
            reported_at=reported.at,
        )


@strawberry.type(description="The latest request of a station for a certificate of a type.")
class SigningRequest:
    id: strawberry.ID
    station_id: strawberry.ID
    certificate_type: str
    csr: str | None = strawberry.field(description="PEM. Null: a chain was sent that nobody had asked for.")
    answer: str | None = strawberry.field(description="What we answered: Rejected if it was not as it has to be.")
    reason: str | None = strawberry.field(description="Why it was rejected.")
    requested_at: datetime | None
    outcome: str | None = strawberry.field(description="What the station said to the chain that it was sent.")
    sent_at: datetime | None
    open: bool = strawberry.field(description="Whether the station waits for a certificate.")

    @classmethod
    def of(cls, row: SigningRequestRow) -> SigningRequest:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            certificate_type=row.certificate_type,
            csr=row.csr,
            answer=row.answer,
            reason=row.reason,
            requested_at=row.requested_at,
            outcome=row.outcome,
            sent_at=row.sent_at,
            open=row.open,
        )


@strawberry.input
class SigningRequestFilter:
    station_id: strawberry.ID | None = None
    open: bool | None = None


@strawberry.input
class InstallCertificateInput(StationRequest):
    type: RootCertificateType
    certificate: str = strawberry.field(description="PEM, at most 5500 characters.")


@strawberry.input
class DeleteCertificateInput(StationRequest):
    hash_algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@strawberry.input
class GetInstalledCertificateIdsInput(StationRequest):
    types: list[InstalledCertificateType] = strawberry.field(
        default_factory=list, description="None is all. OCPP 1.6 asks for one at a time."
    )


@strawberry.input
class SendCertificateSignedInput(StationRequest):
    certificate_chain: str = strawberry.field(
        description="PEM: the station's certificate, then those it was signed with, without the root."
    )
    type: SignedCertificateType | None = strawberry.field(
        default=SignedCertificateType.ChargingStationCertificate,
        description="As the station asked for it; null for one that serves as both (SignCombinedCertificate).",
    )


@strawberry.type
class CertificateQueries:
    @strawberry.field(description="The certificates that a station reported when it was last asked.")
    async def installed_certificates(
        self,
        info: Info,
        station_id: strawberry.ID,
        type: InstalledCertificateType | None = None,
        at_least_position: str | None = None,
    ) -> list[InstalledCertificate]:
        await at_least(info, at_least_position, certificates)
        found = await info.context.load(certificates_by_station, station_id)
        shown = [InstalledCertificate.of(reported) for reported in found or ()]
        return [one for one in shown if type in (None, one.type)]

    @strawberry.field(description="Requests for certificates, those of a station together.")
    async def signing_requests(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: SigningRequestFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[SigningRequest]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, certificates)
        page = await signing_requests_page(info.context.pool, size, key, **(vars(filter) if filter else {}))
        return connection(page, SigningRequest.of, lambda row: row.id)


@strawberry.type
class CertificateMutations:
    @strawberry.mutation(description="Give a station a root certificate.")
    @refusals_as(CommandPayload)
    async def install_certificate(self, info: Info, input: InstallCertificateInput) -> CommandPayload:
        payload = {
            "certificateType": input.type.value,
            "certificate": certificate("certificate", input.certificate),
        }
        return await ask(info, input, "InstallCertificate", payload)

    @strawberry.mutation(description="Have a station forget a certificate, named as the station reported it.")
    @refusals_as(CommandPayload)
    async def delete_certificate(self, info: Info, input: DeleteCertificateInput) -> CommandPayload:
        payload = {
            "hashAlgorithm": input.hash_algorithm.value,
            "issuerNameHash": checked("issuerNameHash", input.issuer_name_hash, _LONGEST_HASH),
            "issuerKeyHash": checked("issuerKeyHash", input.issuer_key_hash, _LONGEST_HASH),
            "serialNumber": checked("serialNumber", input.serial_number, _LONGEST_SERIAL),
        }
        return await ask(info, input, "DeleteCertificate", payload)

    @strawberry.mutation(description="Ask a station which certificates it has; installedCertificates shows them then.")
    @refusals_as(CommandPayload)
    async def get_installed_certificate_ids(self, info: Info, input: GetInstalledCertificateIdsInput) -> CommandPayload:
        types = [one.value for one in input.types]
        if len(set(types)) != len(types):
            raise bad_input("types", "types must not name a type twice")
        return await ask(info, input, "GetInstalledCertificateIds", {"certificateTypes": types})

    @strawberry.mutation(description="Send a station the certificate that it asked for, signed elsewhere.")
    @refusals_as(CommandPayload)
    async def send_certificate_signed(self, info: Info, input: SendCertificateSignedInput) -> CommandPayload:
        chain = certificate("certificateChain", input.certificate_chain, _LONGEST_CHAIN, most=_MOST_IN_CHAIN)
        payload = {"certificateChain": chain} | ({"certificateType": input.type.value} if input.type else {})
        return await ask(info, input, "CertificateSigned", payload)
