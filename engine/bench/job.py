"""What a process of the load tool is told to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Self

import attrs

from engine.bench.day_kinds import MIXED
from engine.bench.mix import READY

NUMBER: Final = "{n}"
"""Where in an agent's id the number comes."""
AGENTS: Final = f"agent{NUMBER}"
PASSWORD: Final = "demo"  # noqa: S105 - the demo's
EXTENSIONS: Final = 4000
"""The phone of agent n is this number plus n."""
ENGINE: Final = "engine"
ECHO: Final = "echo"
WATCH: Final = "watch"
DAY: Final = "day"


@attrs.frozen(kw_only=True)
class Job:
    """Sessions `first` and so on at one server, on so many connections.

    `kind`: ENGINE; ECHO for a server that sends everything back; WATCH for one session, on the first connection, at
    which those on the others look on; DAY for agents who take what comes, of the kinds in `day`. `mix`: weights of the
    pieces that sessions do. `at_once`: of these, so many commands are under way where others look on.
    `own`: the server ends with the load, so nobody logs out.
    """

    url: str
    kind: str
    sessions: int
    connections: int
    batched: bool
    own: bool = False
    first: int = 1
    agent: str = AGENTS
    password: str = PASSWORD
    extensions: int = EXTENSIONS
    mix: Mapping[str, int] = READY
    at_once: int = 1
    day: str = MIXED

    def agent_id(self, number: int) -> str:
        return self.agent.replace(NUMBER, str(number))

    def extension(self, number: int) -> str:
        return str(self.extensions + number)

    def parts(self, processes: int) -> Iterator[Self]:
        """As many jobs at most, which come to the same together."""
        number = min(processes, self.sessions, self.connections)
        first = self.first
        for place in range(number):
            sessions = _share(self.sessions, place, number)
            connections = min(sessions, _share(self.connections, place, number))
            yield attrs.evolve(self, sessions=sessions, connections=connections, first=first)
            first += sessions


def _share(whole: int, place: int, number: int) -> int:
    return whole // number + (place < whole % number)


@attrs.frozen(kw_only=True)
class Window:
    """So many seconds that are measured, behind a warm-up, in slices of `every_s`; None: in one.

    `rate`: so many commands a second in all, whatever the server makes of it; None: each session waits for one command
    before it sends the next. `active`: so many of the sessions work, the others are idle; None: all. `pid`: the
    server's process, if it is on this machine and its processor time and memory are wanted.
    """

    seconds: float
    warm_up_s: float
    rate: float | None = None
    active: int | None = None
    every_s: float | None = None
    pid: int | None = None

    def parts(self, sessions: Sequence[int]) -> Iterator[Self]:
        """One for each process, which has so many sessions. The first one looks at the server."""
        active = sum(sessions) if self.active is None else self.active
        left, pid = active, self.pid
        for each in sessions:
            mine = min(each, left)
            rate = None if self.rate is None else self.rate * mine / max(1, active)
            yield attrs.evolve(self, rate=rate, active=mine, pid=pid)
            left, pid = left - mine, None
