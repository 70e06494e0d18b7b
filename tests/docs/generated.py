"""What documents repeat of the code: tables between `<!-- generated: NAME -->` and `<!-- end -->`, and quoted files.

`python -m tests.docs.generated` writes them anew.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any

from api.graphql import limits, paging, router
from api.graphql.errors import Code, UserErrorCode
from api.ocpp import registry, schema
from api.ocpp.versions import VERSIONS
from app.metrics import Metrics
from app.settings import Settings
from domain.events import AGGREGATES
from projections.all import READ_MODELS
from tests.docs.blocks import DOCUMENTS, ROOT
from tests.docs.operations import operations

_SECTION = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_QUOTED = re.compile(r"(```python\n# ([\w/]+\.py)\n)(.*?)(```\n)", re.DOTALL)


def written_anew(text: str) -> str:
    """A document with everything that is generated as the code has it now."""
    text = _SECTION.sub(lambda found: f"{found[1]}{SECTIONS[found[2]]()}\n{found[3]}", text)
    return _QUOTED.sub(_quotation, text)


def _quotation(found: re.Match[str]) -> str:
    file = ROOT / found[2]
    return f"{found[1]}{file.read_text()}{found[4]}" if file.exists() else found[0]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(head), *map(list, rows)]
    cells.insert(1, ["---"] * len(cells[0]))
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in cells)


def _settings() -> str:
    rows = []
    for name, setting in Settings.model_fields.items():
        default = setting.default
        shown = "" if default is None else f"`{default.value if isinstance(default, Enum) else default}`"
        rows.append((f"`CSMS_{name.upper()}`", shown, setting.description or ""))
    return _table(("setting", "default", "what it is"), rows)


def _metrics() -> str:
    metrics = Metrics()
    labels = {m._name: m._labelnames for m in vars(metrics).values() if hasattr(m, "_labelnames")}
    rows = []
    for metric in metrics.registry.collect():
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        rows.append((f"`{name}`", metric.type, ", ".join(f"`{n}`" for n in labels[metric.name]), metric.documentation))
    return _table(("metric", "type", "labels", "what it is"), rows)


def _actions() -> str:
    registry.load_messages()
    versions = [version.name for version in VERSIONS.values()]
    rows = []
    for action in sorted({action for _, action in registry.RECEIVERS}):
        what = _what_it_is(action)
        cells = [_treatment(registry.RECEIVERS.get((version, action)), what) for version in versions]
        rows.append((f"`{action}`", *cells, _sentence(what)))
    return _table(("from a station", *(f"OCPP {version}" for version in versions), "what it is"), rows)


def _what_it_is(action: str) -> str:
    """What the docstring of an action's file says after its name."""
    package = "api.ocpp.messages."
    told = (" ".join((m.__doc__ or "").split()) for name, m in sys.modules.items() if name.startswith(package))
    [what] = [rest for name, _, rest in (text.partition(": ") for text in told) if name.split(",")[0] == action]
    return re.sub(r" \([A-Z]\.\d+\)", "", what.partition(" Typed payload")[0])


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _treatment(receiver: Any, what: str) -> str:
    if receiver is None:
        return ""
    kept = "Kept as received" in what
    return "kept" if kept else "interpreted"


def _commands() -> str:
    registry.load_messages()
    actions = sorted({action for _, action in registry.SENDERS})
    return _table(("typed command", "what it is"), ((f"`{a}`", _sentence(_what_it_is(a))) for a in actions))


def _error_codes() -> str:
    [v16] = [version for version in VERSIONS.values() if version.spelling]
    broken: dict[str, list[str]] = {}
    for rule, code in schema._CODES.items():
        broken.setdefault(code, []).append(f"`{rule}`")
    broken["PropertyConstraintViolation"] = ["any other rule of the schema"]
    codes = sorted({*broken, *v16.spelling})
    return _table(
        ("OCPP 2.0.1", f"OCPP {v16.name}", "rules of the schema that lead to it"),
        ((f"`{code}`", f"`{v16.spell(code)}`", ", ".join(broken.get(code, []))) for code in codes),
    )


def _events() -> str:
    rows = []
    for aggregate in AGGREGATES:
        for kind in vars(aggregate).values():
            if inspect.isclass(kind) and hasattr(kind, "TOPIC"):
                own = [f.name for f in dataclasses.fields(kind) if not f.name.startswith("originator_")]
                file = aggregate.__module__.replace(".", "/")
                rows.append((f"`{kind.TOPIC}`", f"`{file}.py`", ", ".join(own)))
    return _table(("type", "file", "fields"), rows)


def _read_models() -> str:
    rows = []
    for model in READ_MODELS:
        [module] = [m for n, m in sys.modules.items() if n.startswith("projections.") and _is_of(m, model)]
        tables = ", ".join(f"`{model.schema}.{table.table.name}`" for table in model.tables)
        what = " ".join((module.__doc__ or "").split("\n\n")[0].split())
        rows.append((f"`{model.name}`", tables, what, "halts" if model.money else "sets it aside"))
    return _table(("read model", "tables", "what it is", "at an event it cannot apply"), rows)


def _is_of(module: Any, model: Any) -> bool:
    return module.__name__ != "projections.all" and any(value is model for value in vars(module).values())


def _user_errors() -> str:
    return ", ".join(f"`{code.value}`" for code in UserErrorCode)


def _error_extensions() -> str:
    return ", ".join(f"`{code.value}`" for code in Code)


def _limits() -> str:
    rows = (
        ("bytes of a request", router.LARGEST_BODY),
        ("tokens of a document", limits.MOST_TOKENS),
        ("levels", limits.DEEPEST),
        ("aliases", limits.MOST_ALIASES),
        ("objects an answer may hold, as `first` says", limits.MOST_OBJECTS),
        ("`first`", paging.MOST),
        ("subscriptions on one WebSocket", router.MOST_SUBSCRIPTIONS),
    )
    return _table(("what", "at most"), ((what, f"{most:,}") for what, most in rows))


SECTIONS: dict[str, Callable[[], str]] = {
    "settings": _settings,
    "metrics": _metrics,
    "actions": _actions,
    "commands": _commands,
    "operations-16": lambda: operations("1.6"),
    "operations-201": lambda: operations("2.0.1"),
    "error-codes": _error_codes,
    "events": _events,
    "read-models": _read_models,
    "user-errors": _user_errors,
    "error-extensions": _error_extensions,
    "limits": _limits,
}


def names(document: Path) -> list[str]:
    return [name for _, name, _ in _SECTION.findall(document.read_text())]


if __name__ == "__main__":
    for document in DOCUMENTS:
        before = document.read_text()
        if (after := written_anew(before)) != before:
            document.write_text(after)
            print(f"{document.relative_to(ROOT)} written anew")
