"""The decorators of the untyped `ocpp` package, with types: `on` answers a command, `after` follows the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from ocpp import routing

Handler = TypeVar("Handler", bound=Callable[..., Any])


def on(action: str) -> Callable[[Handler], Handler]:
    return cast("Callable[[Handler], Handler]", routing.on(action))


def after(action: str) -> Callable[[Handler], Handler]:
    return cast("Callable[[Handler], Handler]", routing.after(action))
