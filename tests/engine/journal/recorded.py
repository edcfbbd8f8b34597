"""A journal with a session in it, as a server would have left it."""

from pathlib import Path

import trio
from msgspec import msgpack

from engine.journal.spi import Opening
from engine.journal.sqlite import FILE, SqliteJournal
from engine.journal.store import Store
from engine.sessions.ledger import Ledger
from protocol.ids import SessionId
from protocol.platform import Feature
from protocol.wire import read_request
from statemachines.core import SessionCore
from statemachines.effects import Answered, Call, DesktopBound, Input, RequestCame
from statemachines.settings import CoreSettings
from statemachines.world import Session
from tests.fakes.platform import FakePlatform, channel

SESSION = SessionId("s1")
REQUESTS = (
    ("session.start", "s1"),
    ("channel.ready", "s1.c1"),
    ("session.request.externalnotreadyreasons", "s1"),
    ("channel.ready", "s1.c9"),
)


def trim(folder: Path) -> None:
    """Of an ended session, only what stands behind its latest picture is left: from step 9 on."""
    store = Store(folder / FILE)
    try:
        store.trim(SESSION, messages=1, size=10**9)
    finally:
        store.close()


async def record(folder: Path, *, end: bool = False) -> None:
    """A session that was started and asked for a few things; with `end`, it was logged out."""
    platform = FakePlatform().with_channels(channel("4001", "NOTREADY"))
    core = SessionCore(Session.prepare(SESSION, "ada", frozenset(Feature)), CoreSettings(), now=0.0)
    journal = SqliteJournal(
        folder, durability="full", history_messages=1000, history_bytes=10**6, keep_days=1.0, keep_bytes=10**9
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        await journal.open(
            Opening(
                session=SESSION,
                agent="ada",
                token=b"digest",
                since="2026-11-21T09:30:00Z",
                picture=msgpack.encode(core.picture()),
            ),
            1,
        )
        ledger = Ledger(core, journal, SESSION, 1)
        ledger.note(DesktopBound())
        for number, (command, target) in enumerate((*REQUESTS, *([("session.logout", "s1")] if end else []))):
            message = {"command": command, "target": target, "data": {}, "requestid": f"r{number}"}
            given: Input | None = RequestCame(read_request(message))
            while given is not None:
                taken = ledger.take(given)
                await taken.wait_kept()
                call = next((effect for effect in taken.others if isinstance(effect, Call)), None)
                given = None if call is None else Answered(platform.answer(call.call))
        await journal.flush()
        nursery.cancel_scope.cancel()
