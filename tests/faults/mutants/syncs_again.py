"""A server that takes a failed fsync for a full disk: it writes once more, and believes the second fsync."""

import sqlite3

from engine.journal import sqlite
from tests.faults import serve

if __name__ == "__main__":
    sqlite.FULL |= {sqlite3.SQLITE_IOERR_FSYNC}  # type: ignore[misc] # that is the defect
    serve.main()
