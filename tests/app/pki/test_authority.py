"""An authority in a file: what it signs, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from api.ocpp.pki import NotSigned
from app.pki.authority import FOR_CLIENTS, LocalAuthority
from app.pki.faults import Unusable
from tests.pem import CSR
from tests.pki import Holder, csr

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


def authority(holder: Holder, lifetime: timedelta = YEAR) -> LocalAuthority:
    above = (holder.issuer.certificate,) if holder.issuer else ()
    return LocalAuthority(holder.key, (holder.certificate, *above), FOR_CLIENTS, lifetime)


def below(days: float = 3650) -> Holder:
    return Holder.root(days=3650).issues("Sub", authority=True, days=days)


async def test_what_it_signs_is_for_the_stations_own_key_and_leads_to_the_root() -> None:
    sub, key = below(), ec.generate_private_key(ec.SECP256R1())
    chain = await authority(sub).sign(csr("CS1", key), "CS1", NOW)
    leaf, above = x509.load_pem_x509_certificates(chain.encode())
    leaf.verify_directly_issued_by(above)
    assert (above, leaf.public_key()) == (sub.certificate, key.public_key())
    assert leaf.subject.rfc4514_string() == "CN=CS1,O=Example"
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [FOR_CLIENTS]
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert leaf.not_valid_before_utc <= NOW - timedelta(minutes=4)
    assert abs(leaf.not_valid_after_utc - NOW - YEAR) < timedelta(seconds=2)


async def test_a_root_is_not_handed_out_and_nothing_outlives_it() -> None:
    root = Holder.root(days=5)
    [leaf] = x509.load_pem_x509_certificates((await authority(root).sign(csr("CS1"), "CS1", NOW)).encode())
    assert leaf.not_valid_after_utc == root.certificate.not_valid_after_utc
    with pytest.raises(NotSigned, match="expired"):
        await authority(root).sign(csr("CS1"), "CS1", NOW + timedelta(days=6))


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (csr("CS2"), "common name"),
        (csr("cs1"), "common name"),
        (csr("CS1", rsa.generate_private_key(65537, 1024)), "2048 bits"),  # noqa: S505
        (csr("CS1", ec.generate_private_key(ec.SECP192R1())), "224 bits"),
        (CSR.replace("V4YW1wbGUgQ1BP", "V4YW1wbGUgQ1BQ"), "its own key"),
        (CSR.replace("MIHfMIGHAgEA", "MIHfMIGHAgEH"), "cannot be read"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n", "cannot be read"),
    ],
    ids=["other", "case", "rsa", "ec", "signature", "version", "empty"],
)
async def test_what_is_not_as_it_has_to_be_is_not_signed(request_: str, why: str) -> None:
    with pytest.raises(NotSigned, match=why):
        await authority(below()).sign(request_, "CS1", NOW)


async def test_an_rsa_key_will_do() -> None:
    assert await authority(below()).sign(csr("CS1", rsa.generate_private_key(65537, 2048)), "CS1", NOW)


async def test_files_are_read(tmp_path: Path) -> None:
    sub = below()
    certificate, key = tmp_path / "ca.pem", tmp_path / "ca.key"
    certificate.write_text(sub.pem)
    key.write_text(sub.key_pem)
    loaded = LocalAuthority.load(certificate, key, FOR_CLIENTS, YEAR)
    assert loaded.chain == (sub.certificate,)
    assert await loaded.sign(csr("CS1"), "CS1", NOW)


@pytest.mark.parametrize("wrong", ["no key", "no certificate", "key of another", "no authority"])
def test_files_that_do_not_fit_say_so(wrong: str, tmp_path: Path) -> None:
    sub = below()
    leaf = sub.issues("leaf")
    certificate, key = tmp_path / "ca.pem", tmp_path / "ca.key"
    certificate.write_text({"no certificate": "x", "no authority": leaf.pem}.get(wrong, sub.pem))
    keys = {"no key": "x", "key of another": leaf.key_pem, "no authority": leaf.key_pem}
    key.write_text(keys.get(wrong, sub.key_pem))
    with pytest.raises(Unusable, match=str(tmp_path)):
        LocalAuthority.load(certificate, key, FOR_CLIENTS, YEAR)
