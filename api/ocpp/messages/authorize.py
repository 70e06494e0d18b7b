"""Authorize: may this token charge? (1.6 §4.1, 2.0.1 C01). With a contract certificate that is looked at too (C07)."""

from typing import Any

from api.ocpp import wire
from api.ocpp.certificates import ocsp_request
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.certificates import ContractFinding, weigh
from domain.values import IdToken


@received("Authorize", "1.6")
async def authorize_v16(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    id_token = IdToken(request["idTag"])
    authorization = await session.authorize(id_token)
    session.day.check_token(id_token, authorization.status, session.now)
    return {"idTagInfo": wire.id_tag_info(authorization)}


@received("Authorize", "2.0.1")
async def authorize_v2(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    id_token = IdToken(request["idToken"]["idToken"], request["idToken"]["type"])
    authorization = await session.authorize(id_token)
    finding = await _contract(session, request)
    if finding is not None:
        finding, authorization = weigh(finding, authorization)
    session.day.check_token(id_token, authorization.status, session.now)
    certificate = {} if finding is None else {"certificateStatus": str(finding)}
    return {"idTokenInfo": wire.id_token_info(authorization), **certificate}


async def _contract(session: StationSession, request: dict[str, Any]) -> ContractFinding | None:
    """What the contract certificate is worth; None where there is none."""
    chain, hashes = request.get("certificate"), request.get("iso15118CertificateHashData", ())
    if chain is None and not hashes:
        return None
    contracts = session.node.pki.contracts
    if contracts is None:
        return ContractFinding.CERT_CHAIN_ERROR
    return await contracts.check(chain, [ocsp_request(one) for one in hashes], session.now)
