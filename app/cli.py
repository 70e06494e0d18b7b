"""`csms`: serve, demo, simulate, and the tools for operators and auditors."""

from __future__ import annotations

import gzip
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import asyncpg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from app import logs
from app.errors import explained
from app.journal import PostgresJournal
from app.launch import InvalidSettings, database, read_settings, run
from app.server import Role
from app.server import serve as serve_until_stopped
from app.settings import Settings
from app.simulator.__main__ import simulate

T = TypeVar("T")
cli = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
cli.command("simulate")(simulate)
console = Console()
errors = Console(stderr=True)


def main() -> None:
    """Entry point: turns the errors an operator can mend into one line each."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        cli()
    except InvalidSettings as error:
        _give_up(str(error), code=2)
    except Exception as error:
        told = explained(error)
        if told is None:
            raise
        _give_up(told)


def _terminated(*_: object) -> None:
    """SIGTERM ends what Ctrl-C ends, in the same order: nothing that was started is left behind."""
    sys.exit(128 + signal.SIGTERM)


def _give_up(message: str, code: int = 1) -> NoReturn:
    for line in message.splitlines():
        errors.print(f"csms: {line}", style="red", highlight=False, soft_wrap=True, markup=False)
    sys.exit(code)


@cli.command()
def serve(role: Annotated[Role, typer.Option(help="What this process does.")] = Role.ALL) -> None:
    """Run the server until Ctrl-C. Settings come from the environment: see `csms settings`."""
    chosen = read_settings()
    logs.configure(chosen.log_level, chosen.log_format)
    with database(chosen) as dsn:
        run(serve_until_stopped(chosen, dsn, role))


serve.__doc__ = f"{serve.__doc__}\n\nSettings: {', '.join('CSMS_' + name.upper() for name in Settings.model_fields)}"


@cli.command()
def demo(
    stations: Annotated[int, typer.Option(min=1, help="How many simulated stations.")] = 8,
    duration: Annotated[float | None, typer.Option(help="Seconds; until Ctrl-C without it.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, help="Simulated seconds per second.")] = 60,
) -> None:
    """A whole charging network on this machine: server, database, and stations that charge."""
    from app.demo import run_demo  # the others need not wait for it

    run_demo(read_settings(), stations=stations, duration=duration, speed=speed)


_NOT_SHOWN = frozenset({"api_key", "pepper", "database_url", "contract_pool_key"})


@cli.command("settings")
def show_settings() -> None:
    """All settings with their defaults and what they are now."""
    table = Table("setting", "now", "what it is")
    chosen = read_settings()
    for name, field in Settings.model_fields.items():
        value = getattr(chosen, name)
        shown = "(set)" if value and name in _NOT_SHOWN else "" if value is None else str(value)
        table.add_row(f"CSMS_{name.upper()}", shown, field.description or "")
    console.print(table)


@cli.command()
def migrate() -> None:
    """Bring the database schema up to date (`serve` does so by itself)."""
    from app import database as db

    with database(read_settings()) as dsn:
        db.migrate(dsn)
    _tell("The database schema is up to date.")


@cli.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from api.graphql.schema import sdl

    sys.stdout.write(sdl())


@cli.command()
def rebuild(
    projection: Annotated[str | None, typer.Argument(help="A read model; all of them without it.")] = None,
) -> None:
    """Build read models anew from the journal, while the server runs."""
    from projections.all import BY_NAME, READ_MODELS
    from projections.rebuild import rebuild as build

    if projection is not None and projection not in BY_NAME:
        raise LookupError(f"there is no read model {projection!r}; there are {', '.join(BY_NAME)}")
    chosen = [BY_NAME[projection]] if projection else list(READ_MODELS)

    async def work(journal: PostgresJournal, pool: asyncpg.Pool) -> None:
        with _progress_bar() as bar:
            for model in chosen:
                task = bar.add_task(model.name, total=None)

                def progress(done: int, of: int, task: TaskID = task) -> None:
                    bar.update(task, completed=done, total=of)

                done = await build(journal, pool, model, progress)
                bar.update(task, completed=done, total=done)

    _with_journal(work)
    _tell(f"Rebuilt: {', '.join(model.name for model in chosen)}.")


@cli.command()
def replay(
    stream: Annotated[str, typer.Argument(help="As in Event.stream, for example station:CS001.")],
    as_of: Annotated[str | None, typer.Option(help="A time, ISO 8601; UTC if it has no zone.")] = None,
) -> None:
    """Tell a stream again: its events, and the state they lead to, now or as of a moment."""
    from app.replay import line
    from app.replay import replay as tell

    moment = _moment(as_of)

    async def work(journal: PostgresJournal, pool: asyncpg.Pool) -> None:
        told = await tell(journal, stream, moment)
        for event in told.events:
            sys.stdout.write(line(event) + "\n")
        console.print_json(data=told.state)

    _with_journal(work)


@cli.command()
def audit() -> None:
    """Check the journal and every read model against it; exit code 1 if something is wrong."""
    from app.replay import audit as check

    async def work(journal: PostgresJournal, pool: asyncpg.Pool) -> bool:
        sound = True
        async for name, problems in check(journal, pool):
            console.print(f"{'[red]✗' if problems else '[green]✓'}[/] {name}")
            for problem in problems:
                _tell(f"    {problem}")
            sound = sound and not problems
        return sound

    if not _with_journal(work):
        raise typer.Exit(1)


@cli.command("export")
def export_journal(file: Annotated[Path, typer.Argument(help="Lines of JSON; gzipped if it ends in .gz.")]) -> None:
    """Write the whole journal to a file."""
    from app.transfer import export

    async def work(journal: PostgresJournal, pool: asyncpg.Pool) -> int:
        total = await pool.fetchval("SELECT count(*) FROM stored_events")
        with _open(file, "wb") as out, _progress_bar() as bar:
            task = bar.add_task("export", total=total)
            return await export(pool, out, lambda done: bar.update(task, completed=done))

    _tell(f"{_with_journal(work)} events written to {file}.")


@cli.command("import")
def import_journal(file: Annotated[Path, typer.Argument(help="What `csms export` wrote.")]) -> None:
    """Read an exported journal into an empty database."""
    from app.transfer import import_

    async def work(journal: PostgresJournal, pool: asyncpg.Pool) -> int:
        with _open(file, "rb") as lines, _progress_bar() as bar:
            task = bar.add_task("import", total=None)
            return await import_(pool, lines, lambda done: bar.update(task, completed=done))

    with _open(file, "rb"):  # before a database is started for nothing
        pass
    try:
        done = _with_journal(work)
    except ValueError as error:
        _give_up(f"{file}: {error}")
    _tell(f"{done} events read from {file}. Now run: csms rebuild")


def _tell(line: str) -> None:
    """A line of an answer, whole however narrow the terminal is: it may be read by a program."""
    console.print(line, highlight=False, soft_wrap=True, markup=False)


def _progress_bar() -> Progress:
    columns = (TextColumn("{task.description:>14}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=errors)


def _open(file: Path, mode: Any) -> Any:
    return gzip.open(file, mode) if file.suffix == ".gz" else file.open(mode)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LookupError(f"{text!r} is not a time as in 2026-11-20T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _with_journal(work: Callable[[PostgresJournal, asyncpg.Pool], Awaitable[T]]) -> T:
    """Run something against the database of the settings, beside a server that may be running."""
    from app.database import connect, migrate_async

    chosen = read_settings()
    logs.configure("WARNING", chosen.log_format)

    async def whole(dsn: str) -> T:
        await migrate_async(dsn)
        pool = await connect(dsn, size=5, statement_timeout=600)
        journal = await PostgresJournal.open(dsn, pool)
        try:
            return await work(journal, pool)
        finally:
            await journal.close()
            await pool.close()

    with database(chosen) as dsn:
        return run(whole(dsn))
