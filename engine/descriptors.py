"""File descriptors: a server that runs out of them can accept nobody, not even an operator who would ask why."""

import resource
from typing import Final

import structlog

log = structlog.get_logger()

RESERVED: Final = 700
"""For the HTTP connections, the journal, and whatever else the process opens."""


def connections_possible(wanted: int) -> int:
    """How many connections of agent desktops there may be, with descriptors left for all else.

    Raises the process's own limit as far as the system lets it, and warns when that is too little.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    possible = wanted if soft == resource.RLIM_INFINITY else max(soft - RESERVED, soft // 2)
    if possible < wanted:
        log.warning(
            "few_file_descriptors",
            connections=possible,
            wanted=wanted,
            remedy=f"allow the process {needed} open files (ulimit -n), or lower limits.connections",
        )
    return min(possible, wanted)
