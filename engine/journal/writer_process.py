"""The process that writes the journal's file. `writer.py` starts it, with everything but SIGKILL left to the server.

It does what it is asked for on its standard input, one order after the other, and answers each on its standard output.
It ends with the server: by an order, or because nobody is there any more to give one. Then what was under way is
finished, and the file left as by a crash.
"""

import os
import sqlite3
import sys
from pathlib import Path
from typing import BinaryIO

from engine.journal.orders import (
    LENGTH,
    Answer,
    Close,
    Done,
    EmptyLog,
    Failed,
    ForgetEnded,
    GiveBack,
    Order,
    Touch,
    Trim,
    Write,
    packed,
    read_order,
)
from engine.journal.spi import JournalBroken, JournalError
from engine.journal.store import Store


def main(path: str, durability: str) -> None:
    store: Store | None = None
    while (order := _next(sys.stdin.buffer)) is not None:
        try:
            if store is None and isinstance(order, Close):
                answer: Answer = Done()
            else:
                store = store or Store(Path(path), durability=durability)
                answer = Done(do(store, order))
        except (sqlite3.Error, JournalError) as error:
            answer = Failed.by(error)
        except OSError as error:
            answer = Failed.by(
                JournalBroken(f"{path}: cannot be used ({error.strerror}); see to that, then start again")
            )
        try:
            os.write(sys.stdout.fileno(), packed(answer))
        except BrokenPipeError:
            break
        if isinstance(order, Close):
            return
    os._exit(0)  # without closing the file: the log stays as it is


def _next(orders: BinaryIO) -> Order | None:
    """None at the end, also in the middle of one."""
    head = orders.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    text = orders.read(length)
    return read_order(text) if len(text) == length else None


def do(store: Store, order: Order) -> bool:
    """What is to be answered. Raises as the store does."""
    match order:
        case Write(batch):
            store.write(batch)
        case Trim(session, messages, size):
            store.trim(session, messages=messages, size=size)
        case ForgetEnded(session, before, bytes_at_most):
            return store.forget_ended(session, before=before, bytes_at_most=bytes_at_most)
        case GiveBack(pages):
            return store.give_back(pages)
        case Touch():
            store.touch()
        case EmptyLog():
            return store.empty_log()
        case Close():
            store.close()
    return True
