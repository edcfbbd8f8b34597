"""One desktop's hold on one session: first what it missed, as fast as it reads, then live traffic.

A new hold is a new object, also for the same desktop, so whatever still runs for an old one sees that it is over.
"""

from collections.abc import Callable, Iterable
from typing import Final

import trio

from engine.journal.spi import Journal, JournalError, Record
from engine.sessions.desktop import Desktop
from protocol.ids import SessionId

READ_AT_ONCE: Final = 256
"""How many messages are read from the journal at a time for a desktop that resumes."""
HELD_BACK: Final = 1024
"""How many repeated responses may wait for a desktop that is catching up."""


class Binding:
    """`kept` tells the number of the last message in the journal; `damaged` is told what cannot be read of it."""

    def __init__(
        self,
        desktop: Desktop,
        session: SessionId,
        journal: Journal,
        kept: Callable[[], int],
        damaged: Callable[[JournalError], None],
    ) -> None:
        self.desktop = desktop
        self.caught_up = trio.Event()
        """Set when nothing more is owed to the desktop: it is live, or the hold is over."""
        self._session = session
        self._journal = journal
        self._kept = kept
        self._damaged = damaged
        self._live = True
        self._over = False
        self._held_back: list[bytes] = []

    @property
    def live(self) -> bool:
        """Has the desktop been sent all that was kept?"""
        return self._live

    def deliver(self, records: Iterable[Record]) -> None:
        """Send what has just been kept; a desktop that is catching up will find it in the journal."""
        if self._live:
            for record in records:
                self.desktop.deliver(record.text)

    def deliver_again(self, text: bytes) -> None:
        """Send a response once more, in its turn: not before the messages that were missed."""
        if self._live:
            self.desktop.deliver(text)
        elif len(self._held_back) < HELD_BACK:
            self._held_back.append(text)
        else:
            self.desktop.cut("slow consumer")

    def resume_after(self, cursor: int) -> None:
        """Begin with the message after `cursor`."""
        self._live = False

        async def catch_up() -> None:
            await self._catch_up(cursor)

        self.desktop.feed(catch_up)

    def go_live(self) -> None:
        """Nothing is missed: from now on everything is sent as it is kept."""
        for text in self._held_back:
            self.desktop.deliver(text)
        self._held_back.clear()
        self._live = True
        self.caught_up.set()

    def end(self) -> None:
        """Send nothing more."""
        self._live = False
        self._over = True
        self.caught_up.set()

    async def _catch_up(self, cursor: int) -> None:
        while not self._over:
            if cursor == self._kept():
                self.go_live()
                return
            try:
                records = await self._journal.read(self._session, cursor, at_most=READ_AT_ONCE)
            except JournalError as error:
                self._damaged(error)
                records = None
            if records is None:
                self.desktop.cut("history trimmed")
                return
            for record in records:
                await self.desktop.wait_for_room(len(record.text))
                if self._over:
                    return
                self.desktop.deliver(record.text)
                cursor = record.seq
