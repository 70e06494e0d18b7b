"""Authorize: may this token charge? (1.6 §4.1, 2.0.1 C01). With a contract certificate that is looked at too (C07)."""

from typing import Any

from api.ocpp import wire
from api.ocpp.certificates import ocsp_request
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.certificates import ContractFinding, weigh
from domain.id_token import Authorization
from domain.values import AuthorizationStatus, IdToken


@received("Authorize", "1.6")
async def authorize_v16(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    id_token = IdToken(request["idTag"])
    authorization = await session.authorize(id_token)
    session.day.check_token(id_token, authorization.status, session.now)
    return {"idTagInfo": wire.id_tag_info(authorization)}


@received("Authorize", "2.0.1")
async def authorize_v2(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    id_token = IdToken(request["idToken"]["idToken"], request["idToken"]["type"])
    check = _check_code if id_token.type == "KeyCode" else StationSession.authorize
    authorization = await check(session, id_token)
    finding = await _contract(session, request)
    if finding is not None:
        finding, authorization = weigh(finding, authorization)
    session.day.check_token(id_token, authorization.status, session.now)
    info = wire.id_token_info(authorization)
    if authorization.accepted:  # I01: what it will cost, if that does not depend on the EVSE
        info |= wire.message("personalMessage", await session.terms_everywhere())
    certificate = {} if finding is None else {"certificateStatus": str(finding)}
    return {"idTokenInfo": info, **certificate}


async def _contract(session: StationSession, request: dict[str, Any]) -> ContractFinding | None:
    """What the contract certificate is worth; None where there is none."""
    chain, hashes = request.get("certificate"), request.get("iso15118CertificateHashData", ())
    if chain is None and not hashes:
        return None
    contracts = session.node.pki.contracts
    if contracts is None:
        return ContractFinding.CERT_CHAIN_ERROR
    return await contracts.check(chain, [ocsp_request(one) for one in hashes], session.now)


async def _check_code(session: StationSession, code: IdToken) -> Authorization:
    """C04: a code that was typed may be a guess."""
    guesses = session.node.guesses
    if guesses.too_many(session.station_id, session.now):
        return Authorization(AuthorizationStatus.INVALID)
    authorization = await session.authorize(code)
    if not authorization.accepted:
        guesses.wrong(session.station_id, session.now)
    return authorization
