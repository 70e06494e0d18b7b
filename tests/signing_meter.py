"""A meter that signs what it shows, as OCMF."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.values import SignedValue

REGISTER = "1-0:1.8.0"


def reading(mark: str, value: str, **more: Any) -> str:
    """A reading as JSON; `value` keeps its digits."""
    told = {"TM": "2026-11-20T09:00:00,000+0100 S", "TX": mark, "RV": "?", "RI": REGISTER, "RU": "kWh", "RT": "AC"}
    told |= {"EF": "", "ST": "G"} | more
    return json.dumps({key: item for key, item in told.items() if item is not None}).replace('"?"', value)


class Meter:
    def __init__(self, curve: ec.EllipticCurve | None = None, name: str = "secp256r1", serial: str = "M1") -> None:
        self.private = ec.generate_private_key(curve or ec.SECP256R1())
        self.algorithm = f"ECDSA-{name}-SHA256"
        self.serial = serial

    @property
    def key(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def record(self, page: str, *readings: str, **signature: Any) -> str:
        """The text of an OCMF record; `signature` has fields of its second part."""
        # The order, the spaces and the digits are as no JSON library would write them.
        payload = f'{{"FV":"1.0" , "MS":"{self.serial}","PG":"{page}","ID":"a|b","RD":[{", ".join(readings)}]}}'
        signed = self.private.sign(payload.encode(), ec.ECDSA(SHA256()))
        told = {"SA": self.algorithm, "SD": signed.hex()} | signature
        return f"OCMF|{payload}|{json.dumps(told)}"

    def value(self, page: str, *readings: str, key: str = "") -> SignedValue:
        """As 2.x stations send it."""
        return wrapped(self.record(page, *readings), key)

    def charge(self, begin: str = "100.0", end: str = "112.3456") -> list[SignedValue]:
        return [self.value("T7", reading("B", begin)), self.value("T8", reading("E", end))]


def wrapped(record: str, key: str = "") -> SignedValue:
    return SignedValue(b64encode(record.encode()).decode(), "", "OCMF", key)
