"""Structured logs: one JSON object a line, or coloured text for people. Never a secret, never local variables."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from app.settings import LogFormat

_LONGEST = 512
_TOKEN_STREAM = re.compile(r"id-token:[^\s'\"]*")


def configure(level: str, style: LogFormat) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_tokens,
        _cut,
    ]
    if style is LogFormat.JSON:
        tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        final: list[Any] = [tracebacks, structlog.processors.JSONRenderer()]
    else:
        final = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    threshold = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard library: the same lines, from warnings on.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final]
        )
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)
    for chatty in ("websockets", "websockets.server", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL if chatty.startswith("websockets") else logging.WARNING)


def _without_tokens(_: Any, __: str, event: Any) -> Any:
    """The name of a token's stream is the token itself, which may be a code that somebody typed (2.0.1 C04)."""
    for key, value in event.items():
        if isinstance(value, str) and "id-token:" in value:
            event[key] = _TOKEN_STREAM.sub("id-token:…", value)
    return event


def _cut(_: Any, __: str, event: Any) -> Any:
    """What stations send may be long; a log line need not be."""
    for key, value in event.items():
        if isinstance(value, str) and len(value) > _LONGEST and key not in ("exception", "event"):
            event[key] = value[:_LONGEST] + "…"
    return event
