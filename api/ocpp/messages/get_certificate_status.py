"""GetCertificateStatus: a station wants to know whether a certificate has been revoked (2.0.1 M06).

The responder that it names is asked; what that answers is signed, and passed on as it is.
"""

from base64 import b64encode
from typing import Any

from api.ocpp.certificates import ocsp_request
from api.ocpp.pki import OcspFailed
from api.ocpp.registry import received
from api.ocpp.session import StationSession

_LONGEST = 5500


@received("GetCertificateStatus", "2.0.1")
async def get_certificate_status(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    responder = session.node.pki.responder
    try:
        if responder is None:
            raise OcspFailed("no responder can be asked from here")
        answer = b64encode(await responder.ask(ocsp_request(request["ocspRequestData"]), session.now)).decode()
        if len(answer) > _LONGEST:
            raise OcspFailed("the answer of the responder is too long for a station")
    except OcspFailed as failure:
        return {"status": "Failed", "statusInfo": {"reasonCode": "InternalError", "additionalInfo": str(failure)[:512]}}
    return {"status": "Accepted", "ocspResult": answer}
