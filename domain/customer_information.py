"""What stations have stored about customers: asked for, cleared, and told (2.0.1 N09, N10).

Stream `customer-information:<day>:<station>`; what we are to forget of it is in `privacy:<day>:<station>`, which has
other writers. A customer is told apart by a digest, so that these events hold an identity only where it is needed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.values import IdToken


class CustomerReference(StrEnum):
    """By what a customer was named."""

    ID_TOKEN = "idToken"  # noqa: S105  # the name of a field
    CERTIFICATE = "customerCertificate"
    IDENTIFIER = "customerIdentifier"


def digest(reference: CustomerReference, *parts: str) -> str:
    """The same for the same customer, whatever the case of the letters."""
    text = "\0".join((reference, *(part.casefold() for part in parts)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class CustomerInformationBook(Book):
    KIND = "customer-information"

    @dataclass(frozen=True)
    class RequestAnswered(DomainEvent):
        TOPIC = "customer-information.request-answered"
        request_id: int
        report: bool
        clear: bool
        outcome: str
        """2.x CustomerInformationStatusEnumType: Accepted, Rejected or Invalid."""
        reference: CustomerReference
        customer: str
        """A digest."""
        id_token: IdToken | None = None
        """By which the customer was named: it may stand in the station's local list too."""

    @dataclass(frozen=True)
    class Reported(DomainEvent):
        """A part; it may come before the answer is recorded."""

        TOPIC = "customer-information.reported"
        request_id: int
        seq_no: int
        data: str
        last: bool
        generated_at: datetime


class PrivacyBook(Book):
    """Written by whoever decides to forget, not by the holder of the station's socket."""

    KIND = "privacy"

    @dataclass(frozen=True)
    class CustomerInformationForgotten(DomainEvent):
        """What the station told for this request is not to be shown any more."""

        TOPIC = "privacy.customer-information-forgotten"
        request_id: int
