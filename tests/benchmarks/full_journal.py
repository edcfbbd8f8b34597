"""A start with a full journal: `python -m tests.benchmarks.full_journal --mebibytes 64,256,1024`.

Fills a file of each size with ended sessions, of rows as sessions have them, and starts a server on it, once with the
file in the system's cache and once without. It prints how long each took to be ready, and judges nothing.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from engine.journal.rows import Batch, Head, StepRow
from engine.journal.spi import Opening, Record, Step
from engine.journal.sqlite import FILE
from engine.journal.store import Store
from protocol.ids import SessionId
from tests.blackbox.server import ServerProcess

MIB: Final = 2**20
STEPS_EACH: Final = 400
"""Of a session: what its history leaves of it."""
MESSAGE_BYTES: Final = 300
GIVEN_BYTES: Final = 120
PICTURE_BYTES: Final = 3_000
PICTURE_EVERY: Final = 8


def steps(number: int) -> Iterator[Step]:
    """A response and two events each."""
    chance = random.Random(number)
    seq = 0
    for step in range(STEPS_EACH):
        records = tuple(
            Record(
                seq=(seq := seq + 1),
                text=chance.randbytes(MESSAGE_BYTES // 2).hex().encode(),
                requestid=None if event else f"{number}-{step}",
            )
            for event in range(3)
        )
        yield Step(
            at=float(step),
            given=chance.randbytes(GIVEN_BYTES),
            records=records,
            picture=chance.randbytes(PICTURE_BYTES) if step % PICTURE_EVERY == 0 else None,
            over=step == STEPS_EACH - 1,
        )


def fill(folder: Path, size: int) -> None:
    """Sessions that all ended just now, so that none is forgotten for its age."""
    store = Store(folder / FILE, durability="normal")
    number, wall = 0, time.time()
    while (folder / FILE).stat().st_size < size:
        session = SessionId(f"{number:016}")
        opening = Opening(
            session=session, agent=f"agent{number}", token=bytes(32), since="2026-01-01T00:00:00Z", picture=bytes(200)
        )
        rows, ends = [], Head(0, 0)
        for step in steps(number):
            ends = ends.after(step)
            rows.append(StepRow(session=session, ends=ends, wall=wall, step=step))
        number += 1
        store.write(Batch(openings=[(opening, number)], steps=rows))
        if number % 16 == 0:
            store.empty_log()
    store.empty_log()
    store.close()


def uncache(file: Path) -> None:
    number = os.open(file, os.O_RDONLY)
    try:
        os.fsync(number)
        os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(number)


def start_s(folder: Path) -> float:
    begun = time.perf_counter()
    with ServerProcess(folder):
        return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mebibytes", default="64,256,1024", help="of the file; several, with commas between")
    given = parser.parse_args()
    table = Table("MiB", "ready, file cached, s", "ready, file not cached, s")
    for size in map(int, given.mebibytes.split(",")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            data = folder / "data"
            data.mkdir(mode=0o700)
            fill(data, size * MIB)
            cached = start_s(folder)
            uncache(data / FILE)
            table.add_row(str(size), f"{cached:.2f}", f"{start_s(folder):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
