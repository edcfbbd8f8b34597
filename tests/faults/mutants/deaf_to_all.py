"""A server that stops telling every watcher of a session when one of them is cut."""

from collections.abc import Iterable

from engine.cli import main
from engine.journal.spi import Record
from engine.supervision.oversight import Oversight
from engine.transport.connection import Connection

cut = Connection.cut
somebody_was_cut = False


def cut_and_note(self: Connection, why: str) -> None:
    global somebody_was_cut
    somebody_was_cut = True
    cut(self, why)


tell = Oversight.tell


def tell_unless(self: Oversight, records: Iterable[Record]) -> None:
    if not somebody_was_cut:
        tell(self, records)


Connection.cut = cut_and_note  # type: ignore[method-assign] - that is the mutation
Oversight.tell = tell_unless  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
