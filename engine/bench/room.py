"""Open files: each connection is one, at either end."""

import resource
from typing import Final

from engine.bench.errors import NoRoom

BESIDES: Final = 100
"""For whatever else a client process opens."""


def room_for(files: int) -> None:
    """This process and those that it starts may have so many open, or as many as the system lets it. Raises NoRoom."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        raise NoRoom(
            f"{files:,} open files are needed, and a process may have {hard:,}; raise that (`ulimit -Hn {files}` as "
            "root, or LimitNOFILE), or give fewer connections"
        )
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
