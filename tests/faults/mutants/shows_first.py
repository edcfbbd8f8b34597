"""A server that shows supervisors what is not kept yet, on a disk that takes its time."""

import trio

from engine.journal.rows import Batch
from engine.journal.sqlite import SqliteJournal
from engine.sessions.ledger import Taken
from engine.sessions.steps import Steps
from engine.supervision.oversight import Oversight
from statemachines.effects import Call
from tests.faults import serve

write, carry_out, tell = SqliteJournal._write, Steps._carry_out, Oversight.tell


async def tell_first(self: Steps, taken: Taken) -> Call | None:
    tell(self._oversight, taken.records)
    return await carry_out(self, taken)


async def slowly(self: SqliteJournal, batch: Batch) -> None:
    await trio.sleep(0.1)
    await write(self, batch)


if __name__ == "__main__":
    Steps._carry_out = tell_first  # type: ignore[method-assign] # that is the defect
    Oversight.tell = lambda *_: None  # type: ignore[method-assign,assignment] # it has been told
    SqliteJournal._write = slowly  # type: ignore[method-assign] # so that it shows
    serve.main()
