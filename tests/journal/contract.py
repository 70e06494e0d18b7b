"""What every journal promises."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from contextlib import aclosing

import pytest
from eventsourcing.persistence import RecordConflictError

from domain.events import StationDay
from domain.journal import START, Entry, Journal, follow, load
from domain.streams import COMMAND, TRANSACTION, born
from tests.journal.samples import AT, bare, entries, event_classes, filled, received, settled

NAMES = ["CS1", "CS10", "CS", "CS1/1", "CS1 ", "CS%2F1", "CS:1", "cs1", "ÄÖ 電", "CS0", "CS1.", "CS1-1"]


class JournalContract:
    async def afresh(self, journal: Journal) -> Journal:
        """The same journal, as another process sees it."""
        return journal

    async def test_positions_grow_and_are_those_of_the_last_event(self, journal: Journal) -> None:
        positions = [await journal.append(entries("day:2026-11-20:CS1", n, n + 1)) for n in range(1, 20, 2)]
        await settled(journal, positions[-1])
        read = (await journal.read(START, 100)).recorded
        assert positions == sorted(set(positions))
        assert positions == [r.position for r in read if r.event.originator_version % 2 == 0]

    async def test_an_append_of_nothing_changes_nothing(self, journal: Journal) -> None:
        assert await journal.append([]) == START
        assert await journal.head() == START

    async def test_an_append_to_several_streams_is_recorded_whole(self, journal: Journal) -> None:
        first, second, third = entries("station:A", 1), entries("station:B", 1, 2), entries("station:A", 2)
        position = await journal.append([*first, *second, *third])
        await settled(journal, position)
        page = await journal.read(START, 10)
        assert [(r.event.originator_id, r.event.originator_version) for r in page.recorded] == [
            ("station:A", 1),
            ("station:B", 1),
            ("station:B", 2),
            ("station:A", 2),
        ]
        assert page.recorded[-1].position == page.position == position

    async def test_a_conflict_fails_only_its_own_append(self, journal: Journal) -> None:
        await journal.append(entries("station:taken", 1))
        appends = [entries(f"station:{n}", 1, 2) for n in range(50)]
        appends[25] = [*entries("station:25", 1), *entries("station:taken", 1), *entries("station:other", 1)]
        outcomes = await asyncio.gather(*(journal.append(a) for a in appends), return_exceptions=True)
        assert isinstance(outcomes[25], RecordConflictError)
        assert all(isinstance(o, int) for n, o in enumerate(outcomes) if n != 25)
        assert await journal.events("station:25") == await journal.events("station:other") == []
        await settled(journal, max(o for o in outcomes if isinstance(o, int)))
        assert len((await journal.read(START, 1000)).recorded) == 1 + 49 * 2

    async def test_of_two_who_decide_on_the_same_version_one_wins(self, journal: Journal) -> None:
        for version in range(1, 11):
            appends = (journal.append([Entry(received("station:A", version, a))]) for a in "ab")
            outcomes = await asyncio.gather(*appends, return_exceptions=True)
            assert sorted(isinstance(o, RecordConflictError) for o in outcomes) == [False, True]
        assert [e.originator_version for e in await journal.events("station:A")] == list(range(1, 11))

    async def test_a_loser_may_load_and_append_again(self, journal: Journal) -> None:
        await journal.append(entries("station:A", 1))
        with pytest.raises(RecordConflictError):
            await journal.append(entries("station:A", 1))
        await journal.append(entries("station:A", 2))

    @pytest.mark.parametrize("versions", [(3,), (2, 4), (2, 2), (3, 2), (0,)])
    async def test_a_stream_gets_no_gaps(self, journal: Journal, versions: tuple[int, ...]) -> None:
        """One with a gap could never be loaded again, and its station never served."""
        await journal.append(entries("station:A", 1))
        with pytest.raises(RecordConflictError):
            await journal.append(entries("station:A", *versions))
        assert len(await journal.events("station:A")) == 1

    async def test_what_follows_a_failed_append_of_the_same_stream_fails_too(self, journal: Journal) -> None:
        await journal.append(entries("station:B", 1))
        appends = [
            [*entries("station:A", 1), *entries("station:B", 1)],
            entries("station:A", 2),
            entries("station:C", 1),
        ]
        outcomes = await asyncio.gather(*(journal.append(a) for a in appends), return_exceptions=True)
        assert [isinstance(o, RecordConflictError) for o in outcomes] == [True, True, False]

    async def test_an_append_nobody_waits_for_any_more_is_recorded_all_the_same(self, journal: Journal) -> None:
        given_up = asyncio.create_task(journal.append(entries("station:A", 1)))
        await asyncio.sleep(0)
        given_up.cancel()
        await journal.append(entries("station:A", 2))
        assert len(await journal.events("station:A")) == 2

    async def test_it_is_read_page_by_page_in_order(self, journal: Journal) -> None:
        await settled(journal, max(await asyncio.gather(*(self._some(journal, f"station:{n}") for n in range(10)))))
        seen, after = [], START
        while (page := await journal.read(after, 7)).recorded:
            assert len(page.recorded) <= 7
            assert page.position == page.recorded[-1].position
            seen += page.recorded
            after = page.position
        assert (page.position, len(seen)) == (after, 100)
        assert [r.position for r in seen] == sorted({r.position for r in seen})
        for n in range(10):
            versions = [r.event.originator_version for r in seen if r.event.originator_id == f"station:{n}"]
            assert versions == list(range(1, 11))

    async def test_reading_some_topics_passes_over_the_others(self, journal: Journal) -> None:
        await journal.append(entries("day:2026-11-20:CS1", *range(1, 10)))
        closed = StationDay.TransactionClosed(
            originator_id="day:2026-11-20:CS1", originator_version=10, timestamp=AT, transaction_id="1"
        )
        await settled(journal, await journal.append([Entry(closed)]))
        topics = [StationDay.TransactionClosed.TOPIC, "no.such"]
        pages = [await journal.read(START, 6, topics)]
        assert (pages[0].recorded, pages[0].position > START) == ([], True)
        pages.append(await journal.read(pages[0].position, 6, topics))
        assert [r.event for r in pages[1].recorded] == [closed]
        assert pages[1].position == pages[1].recorded[0].position
        pages.append(await journal.read(pages[1].position, 6, topics))
        assert (pages[2].recorded, pages[2].position) == ([], pages[1].position)

    async def test_the_events_of_a_stream_come_in_order(self, journal: Journal) -> None:
        await self._some(journal, "station:A")
        await self._some(journal, "station:AB")
        assert [e.originator_version for e in await journal.events("station:A")] == list(range(1, 11))
        assert [e.originator_version for e in await journal.events("station:A", after=7)] == [8, 9, 10]
        assert await journal.events("station:A", after=10) == await journal.events("station:") == []

    async def test_the_version_of_a_stream_is_that_of_its_last_event(self, journal: Journal) -> None:
        await self._some(journal, "station:A")
        assert (await journal.version_of("station:A"), await journal.version_of("station:AB")) == (10, 0)

    async def test_loading_folds_the_events(self, journal: Journal) -> None:
        day = StationDay.open("CS1", None, AT)
        day.receive("Heartbeat", AT)
        await journal.append([Entry(event) for event in day.collect_events()])  # type: ignore[arg-type]
        assert await load(journal, StationDay, day.id) == day
        assert not (await load(journal, StationDay, StationDay.stream("CS2", AT.date()))).exists

    async def test_the_latest_stream_is_the_youngest_of_exactly_that_name(self, journal: Journal) -> None:
        for name in NAMES:
            for day in (9, 11, 10):
                await journal.append(entries(StationDay.stream(name, AT.date().replace(day=day)), 1, 2))
        for name in NAMES:
            stream = StationDay.stream(name, AT.date().replace(day=11))
            assert await journal.latest_stream("day", stream.split(":", 2)[2]) == stream
        assert await journal.latest_stream("day", "CS2") is None
        assert await journal.latest_stream("transaction", "CS1") is None

    async def test_streams_of_a_station_are_its_own_youngest_first(self, journal: Journal) -> None:
        for name in NAMES:
            for day in (9, 11, 10):
                at = AT.date().replace(day=day)
                for stream in (born(TRANSACTION, at, name, "1/x:y"), born(COMMAND, at, name, "c")):
                    await journal.append(entries(stream, 1, 2))
        for name in NAMES:
            own = [born(TRANSACTION, AT.date().replace(day=day), name, "1/x:y") for day in (11, 10, 9)]
            assert await journal.streams_of(TRANSACTION, name, 10) == own
            assert await journal.streams_of(TRANSACTION, name, 2) == own[:2]

    async def test_transaction_ids_are_never_drawn_twice(self, journal: Journal) -> None:
        drawn = [n for ids in await asyncio.gather(*(journal.draw_transaction_ids(7) for _ in range(30))) for n in ids]
        assert len(set(drawn)) == 210
        assert min(drawn) >= 1
        assert max(drawn) < 2**31

    async def test_head_is_the_position_of_the_last_event(self, journal: Journal) -> None:
        assert await journal.head() == START
        position = await journal.append(entries("station:A", 1, 2))
        await settled(journal, position)
        assert await journal.head() == position

    async def test_followers_are_told_promptly(self, journal: Journal) -> None:
        waits = []
        async with aclosing(follow(journal, START)) as pages:
            for version in range(1, 11):
                page = asyncio.ensure_future(anext(pages))
                await asyncio.sleep(0.02)
                position = await journal.append(entries("station:A", version))
                started = time.perf_counter()
                assert (await asyncio.wait_for(page, 5)).position == position
                waits.append(time.perf_counter() - started)
        assert sorted(waits)[5] < 0.1

    async def test_followers_miss_nothing_under_load(self, journal: Journal) -> None:
        writing = asyncio.gather(*(self._some(journal, f"station:{n}") for n in range(50)))
        seen = []
        async with asyncio.timeout(20), aclosing(follow(journal, START, limit=30)) as pages:
            async for page in pages:
                seen += page.recorded
                if len(seen) >= 500:
                    break
        await writing
        assert seen == (await journal.read(START, 1000)).recorded

    async def test_an_append_between_reading_and_waiting_is_not_missed(self, journal: Journal) -> None:
        ticks = journal.ticks
        assert (await journal.read(START, 10)).recorded == []
        await journal.append(entries("station:A", 1))
        started = time.perf_counter()
        assert await journal.woken(ticks, 5)
        assert time.perf_counter() - started < 1

    async def test_waiting_ends_without_an_append(self, journal: Journal) -> None:
        await asyncio.sleep(0.1)
        assert not await journal.woken(journal.ticks, 0.02)

    async def test_every_event_is_read_as_it_was_written(self, journal: Journal) -> None:
        written = [make(kind) for kind in event_classes() for make in (filled, bare)]
        written = [dataclasses.replace(event, originator_version=n) for n, event in enumerate(written, 1)]
        await settled(journal, await journal.append([Entry(event) for event in written]))
        for reader in (journal, await self.afresh(journal)):
            assert await reader.events(written[0].originator_id) == written
            assert [r.event for r in (await reader.read(START, 1000)).recorded] == written

    async def _some(self, journal: Journal, stream: str) -> int:
        return [await journal.append(entries(stream, version)) for version in range(1, 11)][-1]
