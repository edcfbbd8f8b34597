"""A supervisor who watches agents of a fleet all the time, and comes back as desktops do when the connection is lost.

What is shown is noted with the desktop whose session it is: it is acknowledged as if the desktop itself had it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from tests.faults.fleet import TRY_AGAIN_S, Desktop, Message, Tally, Wrong, connected, end, send
from tests.faults.serve import PASSWORD, SUPERVISOR

AGENTS_AT_MOST: Final = 20
LOOK_S: Final = 0.1
"""So often it looks whom it does not watch yet."""


class _Shown(msgspec.Struct):
    message: msgspec.Raw


class _Event(msgspec.Struct):
    """With the message as it came."""

    data: _Shown


class Watcher:
    """Finds gaps at once; what is shown and not kept the judge finds."""

    def __init__(self, desktops: Sequence[Desktop], tally: Tally) -> None:
        self._desktops = desktops[:AGENTS_AT_MOST]
        self._tally = tally
        self._last: dict[str, int] = {}
        """The last message of each session that is being watched."""
        self._asked: set[str] = set()
        """The sessions to be watched by this connection, as far as it has not been refused."""
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def watching(self, url: str) -> AsyncIterator[None]:
        """Until the block ends. Raises Wrong as soon as it finds something."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work(url))
            yield
            self._stop.set()

    async def _work(self, url: str) -> None:
        while not self._stop.is_set():
            try:
                async with connected(url) as socket:
                    await self._live(socket)
            except (OSError, websockets.WebSocketException, TimeoutError, EOFError):
                await asyncio.sleep(TRY_AGAIN_S)

    async def _live(self, socket: ClientConnection) -> None:
        self._last, self._asked = {}, set()
        data = {"supervisor": {"id": SUPERVISOR, "password": PASSWORD}}
        await send(socket, {"command": "supervisor.login", "data": data, "requestid": "login"})
        reader = asyncio.create_task(self._read(socket))
        try:
            while not self._stop.is_set() and not reader.done():
                for session in {desktop.session for desktop in self._desktops} - self._asked - {""}:
                    self._asked.add(session)
                    await send(socket, {"command": "supervisor.watch", "target": session, "requestid": session})
                await asyncio.sleep(LOOK_S)
        finally:
            await end(reader)

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            message: Message = json.loads(text)
            session = str(message.get("target", ""))
            match message.get("name"):
                case "supervisor.snapshot":
                    self._last[session] = message["data"]["seq"]
                case "supervisor.message":
                    raw = bytes(msgspec.json.decode(text, type=_Event).data.message).decode()
                    self._take(session, message["data"]["message"]["seq"], raw)
                case "supervisor.unwatched":
                    self._last.pop(session, None)
                case None if message.get("result") == "failure":
                    # It has ended, or is not taken up yet, or the disk is full: whatever it is, for now.
                    self._asked.discard(message["requestid"])

    def _take(self, session: str, seq: int, text: str) -> None:
        last = self._last.get(session)
        if last is None or seq != last + 1:
            raise Wrong(f"a supervisor was shown behind message {last} of {session}: {text}")
        self._last[session] = seq
        for desktop in self._desktops:
            if desktop.session == session:
                desktop.shown[session, seq] = text
                self._tally.shown += 1
