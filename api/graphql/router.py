"""GraphQL over HTTP and WebSocket at /graphql, with what keeps strangers and floods outside."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from fastapi import APIRouter
from graphql import GraphQLError, parse
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message
from starlette.websockets import WebSocket
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from api.graphql.context import Context, Services
from api.graphql.limits import MOST_TOKENS
from api.graphql.schema import schema

LARGEST_BODY = 256 * 1024
MOST_SUBSCRIPTIONS = 20
INIT_TIMEOUT = timedelta(seconds=10)


def graphql_router(services: Services, prefix: str = "/graphql") -> APIRouter:
    """Routes to include in the application: POST queries and mutations, GET the explorer, WebSocket subscriptions."""

    async def context(connection: HTTPConnection) -> Context:
        return Context(services, bearer(connection.headers.get("authorization")))

    return _Router(
        schema,
        prefix=prefix,
        context_getter=context,
        allow_queries_via_get=False,
        subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
        connection_init_wait_timeout=INIT_TIMEOUT,
        max_subscriptions_per_connection=MOST_SUBSCRIPTIONS,
    )


def bearer(authorization: Any) -> str | None:
    """The key of an `Authorization: Bearer` header."""
    if not isinstance(authorization, str):
        return None
    scheme, _, key = authorization.strip().partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


class _Socket(BaseGraphQLTransportWSHandler[Context, None]):
    """Refuses what the library's handler would stumble over without a word."""

    async def handle_message(self, message: Any) -> None:
        if not isinstance(message, dict):
            await self.handle_invalid_message("a message is an object")
            return
        if message.get("type") == "subscribe" and "id" in message:
            payload = message.get("payload")
            if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
                await self.handle_invalid_message("the payload has no query")
                return
            try:
                parse(payload["query"], max_tokens=MOST_TOKENS)
            except (GraphQLError, RecursionError) as error:
                told = error if isinstance(error, GraphQLError) else GraphQLError("nested too deeply")
                await self.send_message({"id": message["id"], "type": "error", "payload": [told.formatted]})
                return
        await super().handle_message(message)  # type: ignore[arg-type]


class _Router(GraphQLRouter[Context, None]):
    graphql_transport_ws_handler_class = _Socket

    async def run(self, request: Any, context: Any = None, root_value: Any = None) -> Any:
        if isinstance(request, WebSocket):
            return await super().run(request, context, root_value)
        if request.method == "POST" and not context.services.authenticate(context.key):
            return _failure(401, "an API key is needed: Authorization: Bearer <key>", {"WWW-Authenticate": "Bearer"})
        try:
            response = await super().run(_bounded(request), context, root_value)
        except HTTPException as error:
            return _failure(error.status_code, error.reason)
        except RecursionError:
            return _failure(400, "the document is nested too deeply")
        if request.method == "GET":
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Frame-Options"] = "DENY"
        return response

    async def on_ws_connect(self, context: Context) -> Any:
        """Sent with the upgrade or, as browsers have to, with connection_init."""
        told = context.connection_params or {}
        context.key = bearer(told.get("Authorization", told.get("authorization"))) or context.key
        if not context.services.authenticate(context.key):
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    def decode_json(self, data: str | bytes) -> object:
        if len(data) > LARGEST_BODY:
            raise json.JSONDecodeError("too long", "", 0)
        decoded = orjson.loads(data)
        if not isinstance(decoded, dict | list):
            raise json.JSONDecodeError("neither an object nor a list", "", 0)
        return decoded

    def encode_json(self, data: object) -> str:
        try:
            return orjson.dumps(data).decode()
        except TypeError:  # a number above 64 bits, as a station may have sent it
            return json.dumps(data, separators=(",", ":"))


def _bounded(request: Request) -> Request:
    """The request with a body that ends at the limit, whatever its headers say."""
    if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
        raise _too_large()
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise _too_large()
        return message

    return Request(request.scope, receive)


def _too_large() -> HTTPException:
    return HTTPException(413, f"a request has at most {LARGEST_BODY} bytes")


def _failure(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = orjson.dumps({"errors": [{"message": message}]})
    return Response(
        body, status, {"Connection": "close"} | (headers or {}) if status == 413 else headers, "application/json"
    )
