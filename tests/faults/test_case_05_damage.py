"""Case 5: the last page is torn, or one byte is flipped anywhere: what was acknowledged is there, or its loss is told.

No server: the journal is opened as the server opens it, every living session is taken up, and everything is read.
"""

import random
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs
import pytest
import structlog
import trio

from engine.journal import file, rows, sqlite, store, wal
from engine.journal.spi import JournalBroken, JournalError, Opening, Record, Step
from engine.journal.sqlite import FILE, SqliteJournal
from protocol.ids import SessionId
from tests.engine.journal.writer_here import WriterHere

SESSIONS: Final = 6
STEPS: Final = 60
HISTORY: Final = 40
HISTORY_BYTES: Final = 200_000
LOG: Final = f"{FILE}-wal"
PLACES: Final = {
    "found": re.compile(
        rf"(.*{FILE}: )?session .*: (step \d+|the picture (at|before) step \d+|every picture|its entry"
        r"|the response with seq \d+|one of (the responses|two responses to one request)|message \d+"
        r"|cannot be read \(.+\))"
        rf"|.*{FILE}: there is no session .",
        re.DOTALL,
    ),
    "refused": re.compile(
        rf".*{LOG}: (frame \d+ \(at byte \d+\)|its header) "
        rf"|.*{FILE}: (the journal cannot be used \(.+\)|cannot be written \(.+\)|is no journal: |was written by )",
        re.DOTALL,
    ),
}
"""How an outcome says where the damage is: in one session, or in the file, as far as its own words and SQLite's go."""
FLIPPED: Final = {"whole", "refused", "found"}
TORN: Final = "without the last transaction"


class Outcome(NamedTuple):
    """What became of a damaged journal. `found`: where the damage is said to be; empty where all is there."""

    kind: str
    found: str = ""


@attrs.define
class Kept:
    """What was acknowledged of a session."""

    opening: Opening
    records: list[Record] = attrs.field(factory=list)
    given: list[bytes] = attrs.field(factory=list)
    over: bool = False


class Silent(AssertionError):
    """Something is not as it was, and nothing was said."""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(
        folder,
        durability="full",
        history_messages=HISTORY,
        history_bytes=HISTORY_BYTES,
        keep_days=1e4,
        keep_bytes=1 << 40,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        yield journal
        nursery.cancel_scope.cancel()


async def write(folder: Path, seed: int, *, close: bool) -> dict[SessionId, Kept]:
    """Sessions with steps, pictures and responses, some of them over. Left as by kill -9, where it is not closed."""
    chance = random.Random(seed)
    live = folder.with_suffix(".live")
    live.mkdir()
    kept: dict[SessionId, Kept] = {}
    async with opened(live) as journal:
        for number in range(SESSIONS):
            session = SessionId(f"session{number}")
            opening = Opening(
                session=session,
                agent=f"agent{number}",
                token=chance.randbytes(32),
                since="2026-11-21T09:30:00Z",
                picture=chance.randbytes(300),
            )
            await journal.open(opening, 1)
            kept[session] = Kept(opening)
        for number in range(SESSIONS * STEPS):
            each = chance.choice([each for each in kept.values() if not each.over])
            step = _step(chance, len(each.records), each, last=number % 90 == 89)
            await journal.put(each.opening.session, 1, step).wait()
            each.records += step.records
            each.given.append(step.given)
            each.over = step.over
        if not close:
            shutil.copytree(live, folder)  # which nobody writes to while the loop stands still
    if close:
        shutil.copytree(live, folder)
    return kept


def _step(chance: random.Random, seq: int, kept: Kept, *, last: bool) -> Step:
    said = tuple(
        Record(
            seq=seq + n,
            text=b'{"said":"%s"}' % chance.randbytes(chance.choice((10, 60, 3000 if n == 1 else 30))).hex().encode(),
            requestid=f"r{seq + n}" if chance.random() < 0.5 else None,
        )
        for n in range(1, chance.randint(0, 3) + 1)
    )
    picture = chance.randbytes(chance.choice((200, 6000))) if len(kept.given) % 4 == 3 else None
    return Step(at=len(kept.given) / 8, given=chance.randbytes(40), records=said, over=last, picture=picture)


async def read_all(folder: Path, kept: dict[SessionId, Kept]) -> Outcome:
    """Raises Silent when something is not as it was, and nobody says so."""
    try:
        async with opened(folder) as journal:
            return await _read_all(journal, kept)
    except BaseExceptionGroup as group:
        broken, other = group.split(JournalBroken)
        if other is not None:
            raise
        assert broken is not None
        return Outcome("refused", str(_first(broken)))


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


async def _read_all(journal: SqliteJournal, kept: dict[SessionId, Kept]) -> Outcome:
    found = ""
    living = list(await journal.living())
    for session, each in kept.items():
        try:
            if not each.over:
                if session not in living and not any(name not in kept for name in living):
                    raise Silent(f"{session} is gone")
                await _compare_loaded(journal, each)
            await _compare_read(journal, each)
        except JournalError as error:
            found = found or str(error)
    for session in living:
        if session not in kept or kept[session].over:
            try:
                await journal.load(session)
            except JournalError as error:
                found = found or str(error)
            else:
                raise Silent(f"{session} lives")
    return Outcome("found", found) if found else Outcome("whole")


async def _compare_loaded(journal: SqliteJournal, each: Kept) -> None:
    stored = await journal.load(each.opening.session)
    _same(stored.agent, each.opening.agent)
    _same(stored.token, each.opening.token)
    _same(stored.since, each.opening.since)
    _same([step.given for step in stored.steps], each.given[len(each.given) - len(stored.steps) :])
    behind = [record.text for step in stored.steps for record in step.records]
    _same(stored.seq + len(behind), len(each.records))
    _same(behind, [record.text for record in each.records[stored.seq :]])
    _same(stored.answered, {r.requestid: r.seq for r in each.records[: stored.seq] if r.requestid is not None})
    _same(stored.remembered_bytes, sum(len(r.text) for r in each.records if r.requestid is not None))


async def _compare_read(journal: SqliteJournal, each: Kept) -> None:
    session = each.opening.session
    for after in (0, len(each.records) // 2, max(0, len(each.records) - 10)):
        read = await journal.read(session, after, at_most=10_000)
        if read is not None:
            _same([record.text for record in read], [record.text for record in each.records[after:]])
        elif after >= len(each.records) - 10:
            raise Silent(f"{session}: the last messages are gone")
    for record in each.records:
        if record.requestid is not None:
            response = await journal.response(session, record.seq)
            if isinstance(response, JournalError):
                raise response
            _same(response, record.text)


def _same(found: object, wanted: object) -> None:
    if found != wanted or type(found) is not type(wanted):
        raise Silent(f"{found!r} was {wanted!r}")


async def go_on(folder: Path, kept: dict[SessionId, Kept], *, whole: bool = False) -> dict[SessionId, Kept]:
    """The sessions that can be taken up say more, and what they have outgrown is forgotten, unless it is damaged: not
    where all is `whole`. What is kept then."""
    chance = random.Random(3)
    later: dict[SessionId, Kept] = {}
    async with opened(folder) as journal:
        for session, each in kept.items():
            if each.over:
                later[session] = each
                continue
            try:
                await journal.load(session)
            except JournalError:
                continue
            later[session] = more = Kept(each.opening, list(each.records), list(each.given))
            for _ in range(8):
                step = _step(chance, len(more.records), more, last=False)
                await journal.put(session, journal.first_fence, step).wait()
                more.records += step.records
                more.given.append(step.given)
            with nullcontext() if whole else suppress(JournalError):
                await journal._writer.trim(session, messages=HISTORY, size=HISTORY_BYTES)
    return later


async def flip_bytes(folder: Path, *, flips: int, seed: int = 1) -> Counter[str]:
    """Each time in a fresh copy; in turns in what a process left that was killed, and in what one has closed."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    sources = []
    for name, close, files in (("killed", False, (LOG, LOG, FILE)), ("closed", True, (FILE,))):
        sources += [(folder / name, file) for file in files]
        kept = await write(folder / name, seed, close=close)
        whole = Path(shutil.copytree(folder / name, folder / f"{name} whole"))
        assert (await read_all(whole, kept)).kind == "whole"
        assert (await read_all(whole, await go_on(whole, kept, whole=True))).kind == "whole"
    for number in range(flips):
        source, name = sources[number % len(sources)]
        damaged = Path(shutil.copytree(source, folder / f"flip{number}"))
        where = flip(damaged / name, chance)
        try:
            outcome = await read_all(damaged, kept)
            if outcome.kind != "refused":
                await read_all(damaged, await go_on(damaged, kept))
        except Exception as error:
            raise AssertionError(f"{source.name}/{name}: {where}") from error
        if outcome.kind != "whole":
            assert PLACES[outcome.kind].match(outcome.found), f"{where}: the place is not named: {outcome.found}"
        outcomes[f"{source.name}/{name}: {outcome.kind}"] += 1
        shutil.rmtree(damaged)
    return outcomes


def flip(path: Path, chance: random.Random) -> str:
    """One time in four where much hangs on a byte."""
    content = bytearray(path.read_bytes())
    at = chance.randrange(min(len(content), 120) if chance.random() < 0.25 else len(content))
    was = content[at]
    content[at] ^= chance.choice((1, 2, 4, 8, 16, 32, 64, 128, chance.randint(1, 255)))
    path.write_bytes(content)
    return f"byte {at} of {len(content)}: {was} -> {content[at]}"


async def tear_last_page(folder: Path, *, times: int, seed: int = 2) -> Counter[str]:
    """The last transaction was being written when the power went: it may be gone, and nothing else."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    kept = await write(folder / "killed", seed, close=False)
    whole = (folder / "killed" / LOG).read_bytes()
    begin, end = _last_transaction(whole)
    before = await _without_last(folder, whole[:begin])
    for number in range(times):
        torn = Path(shutil.copytree(folder / "killed", folder / f"torn{number}"))
        at = chance.randrange(begin, end) // 512 * 512
        at = max(at, begin)
        size = min(chance.choice((512, 4096)), end - at)
        log = whole[:at] + bytes(size) + whole[at + size :]
        (torn / LOG).write_bytes(chance.choice((log, whole[:at])))
        async with opened(torn) as journal:
            found = {session: await _texts(journal, session) for session in kept}
        assert found in (before, {session: [r.text for r in each.records][-HISTORY:] for session, each in kept.items()})
        outcomes[TORN if found == before else "whole"] += 1
        shutil.rmtree(torn)
    return outcomes


def _last_transaction(log: bytes) -> tuple[int, int]:
    """Where it begins and ends."""
    form = wal._Form.of(log[:32])
    assert form is not None
    size = 24 + form.page
    live = [at for at in range(32, len(log) - size + 1, size) if log[at + 8 : at + 16] == log[16:24]]
    last = [at for at in live if any(log[at + 4 : at + 8])]
    return last[-2] + size, last[-1] + size


async def _without_last(folder: Path, log: bytes) -> dict[SessionId, list[bytes]]:
    before = Path(shutil.copytree(folder / "killed", folder / "before"))
    (before / LOG).write_bytes(log)
    async with opened(before) as journal:
        return {SessionId(f"session{n}"): await _texts(journal, SessionId(f"session{n}")) for n in range(SESSIONS)}


async def _texts(journal: SqliteJournal, session: SessionId) -> list[bytes]:
    for after in range(10_000):
        read = await journal.read(session, after, at_most=10_000)
        if read is not None:
            return [record.text for record in read][-HISTORY:]
    raise AssertionError(session)


def kinds(flipped: Counter[str]) -> set[str]:
    """How it went, wherever the byte was."""
    return {each.rpartition(" ")[2] for each in flipped}


def prepare(put: Callable[[object, str, object], None] = setattr) -> None:
    """Responses outlive their steps, thousands of journals start no processes, and nobody hears what they log."""
    put(sqlite, "log", structlog.wrap_logger(structlog.ReturnLogger()))
    put(sqlite, "TRIM_EVERY", 4)
    put(sqlite, "Writer", WriterHere)


@pytest.fixture(autouse=True)
def _prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(monkeypatch.setattr)


async def test_one_byte_flipped_anywhere_loses_nothing_silently(tmp_path: Path) -> None:
    outcomes = await flip_bytes(tmp_path, flips=200)
    print(outcomes)
    assert kinds(outcomes) == FLIPPED


async def test_a_torn_last_page_costs_what_was_not_acknowledged(tmp_path: Path) -> None:
    outcomes = await tear_last_page(tmp_path, times=20)
    print(outcomes)
    assert outcomes[TORN] > 0


def no_digest(*_: Any) -> int:
    return 0


def believed(*_: Any) -> bool:
    return True


def somewhere(self: store.Store, *_: str) -> JournalError:
    return JournalError(f"{self.path}: something is damaged or missing")


def no_check(*_: Any, **__: Any) -> None:
    """Leave it to SQLite."""


@pytest.mark.parametrize(
    ("where", "name", "broken"),
    [
        ((store,), "is_sound", believed),
        ((store, rows), "digest_of", no_digest),
        ((file,), "check_wal", no_check),
        ((store.Store,), "_damaged", somewhere),
    ],
    ids=["no digest of steps", "no digest of the rest", "no look at the log", "no place"],
)
async def test_a_journal_that_believes_what_it_finds_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Any
) -> None:
    for module in where:
        monkeypatch.setattr(module, name, broken)
    with pytest.raises(AssertionError, match=r"byte \d+ of"):
        await flip_bytes(tmp_path, flips=400)
