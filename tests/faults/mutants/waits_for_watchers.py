"""A server whose sessions go on when those who watch them have taken what they are shown, or after a while."""

import trio

from engine.cli import main
from engine.sessions.ledger import Taken
from engine.sessions.steps import Steps
from statemachines.effects import Call

WAITED_S = 2.5

carry_out = Steps._carry_out


async def carry_out_and_wait(self: Steps, taken: Taken) -> Call | None:
    call = await carry_out(self, taken)
    with trio.move_on_after(WAITED_S):
        for watch in tuple(self._oversight._watches):
            written = trio.Event()
            watch.desktop.when_written(written.set)
            await written.wait()
    return call


Steps._carry_out = carry_out_and_wait  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
