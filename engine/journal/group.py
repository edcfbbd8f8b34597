"""What gathers for one transaction, and how those who wait for it are told what became of it."""

import attrs
import trio

from engine.journal.rows import Batch
from engine.journal.spi import JournalError
from protocol.ids import SessionId


@attrs.define(eq=False)
class Group:
    """What gathers for one transaction; `failed` are the sessions of which nothing of it was kept."""

    batch: Batch = attrs.field(factory=Batch)
    done: trio.Event = attrs.field(factory=trio.Event)
    failed: dict[SessionId, JournalError] = attrs.field(factory=dict)

    def give_up(self, why: JournalError) -> None:
        self.failed |= dict.fromkeys(sessions_of(self.batch), why)


@attrs.frozen(eq=False)
class GroupKept:
    group: Group
    session: SessionId

    async def wait(self) -> None:
        await self.group.done.wait()
        if error := self.group.failed.get(self.session):
            raise error


def part_of(batch: Batch, session: SessionId) -> Batch:
    return Batch(
        openings=[(opening, number) for opening, number in batch.openings if opening.session == session],
        steps=[row for row in batch.steps if row.session == session],
    )


def sessions_of(batch: Batch) -> set[SessionId]:
    return {row.session for row in batch.steps} | {opening.session for opening, _ in batch.openings}
