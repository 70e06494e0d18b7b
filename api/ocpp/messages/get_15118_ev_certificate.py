"""Get15118EVCertificate: a car wants a contract certificate installed or updated (2.0.1 M01, M02).

What the car says and is told is between it and the contract certificate pool, EXI in base64.
"""

from typing import Any

from api.ocpp.registry import received
from api.ocpp.session import StationSession

_LONGEST = 7500


@received("Get15118EVCertificate", "2.0.1")
async def get_15118_ev_certificate(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    pool = session.node.pki.pool
    answer = None
    if pool is not None:
        answer = await pool.exchange(request["iso15118SchemaVersion"], request["action"], request["exiRequest"])
    if answer is None or len(answer) > _LONGEST:
        return {"status": "Failed", "exiResponse": ""}
    return {"status": "Accepted", "exiResponse": answer}
