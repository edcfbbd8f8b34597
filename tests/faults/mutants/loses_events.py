"""A server that, once it has refused something outside of sessions, forgets to tell agents of their channels."""

from collections.abc import Iterable
from typing import Any

from engine.cli import main
from engine.journal.spi import Record
from engine.sessions.holding import Holding
from engine.transport.connection import Connection

refuse, deliver = Connection._refuse, Holding.deliver
has_refused = False


def refuse_and_note(self: Connection, *given: Any) -> None:
    global has_refused
    has_refused = True
    refuse(self, *given)


def deliver_some(self: Holding, records: Iterable[Record]) -> None:
    deliver(self, [each for each in records if not (has_refused and b'"channel.infochanged"' in each.text)])


Connection._refuse = refuse_and_note  # type: ignore[method-assign] - that is the mutation
Holding.deliver = deliver_some  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
