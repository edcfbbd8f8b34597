"""A load, by client processes apart from the server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import attrs

from engine.bench.job import Found, Job
from engine.bench.servers import Server, cpu_s

WORKER: Final = (sys.executable, "-m", "engine.bench.worker")


class LoadFailed(Exception):
    """A client process could not go on; the message says why."""


def load(job: Job, processes: int = 1) -> Found:
    """The job, shared among so many processes. Raises LoadFailed."""
    begun = [_begin(part) for part in parts(job, processes)]
    found = Found(seconds=job.seconds)
    trouble = ""
    for process in begun:
        said, errors = process.communicate()
        if process.returncode:
            trouble = trouble or errors.strip().rpartition("\n")[2] or f"exit status {process.returncode}"
        else:
            found.add(Found.from_json(json.loads(said)))
    if trouble:
        raise LoadFailed(trouble)
    return found


def _begin(part: Job) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(WORKER, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own module
    if process.stdin is not None:  # not by its arguments, which hold a password, and which anybody can see
        process.stdin.write(json.dumps(attrs.asdict(part)))
        process.stdin.close()
        process.stdin = None
    return process


def parts(job: Job, processes: int) -> Iterator[Job]:
    """As many jobs, which come to the same together."""
    number = min(processes, job.sessions, job.connections)
    first = job.first
    for place in range(number):
        sessions = _share(job.sessions, place, number)
        yield attrs.evolve(
            job,
            sessions=sessions,
            connections=min(sessions, _share(job.connections, place, number)),
            rate=None if job.rate is None else job.rate * sessions / job.sessions,
            first=first,
        )
        first += sessions


def _share(whole: int, place: int, number: int) -> int:
    return whole // number + (place < whole % number)


def watched(server: Server, job: Job, processes: int = 1) -> dict[str, float]:
    """The figures of a load, with what it cost a server of our own. Raises LoadFailed.

    Setting up and warming up cost, too: `cpu_ms_per_1000` is a little more than what the messages alone do.
    """
    before = cpu_s(server.pid)
    found = load(job, processes)
    spent = cpu_s(server.pid) - before
    figures = found.figures()
    figures["cpu_ms_per_1000"] = spent * 1e6 / max(1, found.messages)
    return figures
