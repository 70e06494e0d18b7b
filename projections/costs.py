"""What transactions cost: those that go on, to the last moment that the station told of, and those that have ended."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from domain.rating import Bill, rate
from domain.transaction import Facts
from projections import billing, sessions

_facts = msgspec.json.Decoder(Facts).decode


async def costs_by_id(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, Bill]:
    """Bills by the ids of transactions; of an ended one what it came to."""
    query = (
        f"SELECT s.id, s.facts, t FROM {sessions.sessions.schema}.transaction s"  # noqa: S608
        f" LEFT JOIN {billing.billing.schema}.tariff t ON t.tariff_id = s.tariff_id AND t.version = s.tariff_version"
        " WHERE s.id = ANY($1)"
    )
    costs = {}
    for id, told, terms in await pool.fetch(query, list(ids)):
        facts = _facts(told)
        known = billing.terms_of(billing.TariffRow(*terms)) if terms else None
        costs[id] = rate(facts.course(facts.last_at), known)
    for id, record in (await billing.cdrs_by_id(pool, ids)).items():
        totals = (record.total_excl_vat, record.total_vat, record.total_incl_vat)
        costs[id] = Bill(record.currency, tuple(record.charge_lines), *totals)
    return costs
