"""A server at the exchange for one test, and single desktops at it, by a library that is not the server's."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs
from websockets.exceptions import ConnectionClosed

from tests.blackbox.client import AgentSession, Desktop
from tests.faults.judge import ALL_BYTES, ALL_MESSAGES, Judge, flat_memory
from tests.faults.kills import Server
from tests.faults.platform import ExchangeProcess
from tests.faults.serve import PASSWORD

KEEPS_ALL: Final = (f"sessions.history_messages={ALL_MESSAGES}", f"sessions.history_bytes={ALL_BYTES}")
PATIENCE_S: Final = 20.0
PHONE: Final = "c1"
SERVE: Final = "tests.faults.serve"


@attrs.frozen
class Place:
    server: Server
    exchange: ExchangeProcess

    def restart(self) -> None:
        self.server.kill()
        self.server.start()

    def prepare(self, desktop: Desktop, number: int = 1, *, override: bool = True) -> AgentSession:
        """A new session, which nobody has bound."""
        prepared = desktop.prepare(f"agent{number}", override=override, password=PASSWORD)
        assert prepared["result"] == "success", prepared
        session = AgentSession(desktop, prepared["data"]["session"]["id"], prepared["data"]["resumetoken"], epoch=1)
        desktop.sessions[session.id] = session
        return session

    def ready(self, desktop: Desktop, number: int = 1) -> AgentSession:
        """A new session, bound, with a phone that is ready."""
        session = self.prepare(desktop, number)
        session.bind()
        session.do("session.start")
        session.do("session.addchannel", data={"channel": {"endpoint": str(40_000 + number), "type": "Telephony"}})
        session.do("channel.activate", PHONE)
        session.do("channel.ready", PHONE)
        return session


@contextmanager
def place(folder: Path, *settings: str, agents: int = 1, module: str = SERVE, start: bool = True) -> Iterator[Place]:
    """`settings` as `limits.ping_every_s=0.5`."""
    folder.mkdir(exist_ok=True)
    arguments = [part for setting in settings for part in ("--set", setting)]
    with ExchangeProcess(agents) as exchange:
        server = Server(exchange.port, agents, folder, *arguments, module=module)
        if start:
            server.start()
        try:
            yield Place(server, exchange)
        finally:
            if server.url:
                server.kill()


@contextmanager
def unnoticed(here: Place, number: int, warm_up: Callable[[], object], *, kept: int = ALL_MESSAGES) -> Iterator[None]:
    """Around a case: an honest agent of this number, who has nothing to do with it, notices nothing of it, and once
    warmed up it leaves nothing in memory. `kept`: as the judge has it."""
    with (
        flat_memory(here.server, warm_up),
        Judge(here.server, f"agent{number}", password=PASSWORD, extensions=40_000, kept=kept) as judge,
        judge.working(),
    ):
        yield


def mutant(name: str) -> str:
    return f"tests.faults.mutants.{name}"


def hear_to_the_end(desktop: Desktop) -> None:
    """All that got through before the connection was lost."""
    try:
        while True:
            desktop.read()
    except ConnectionClosed:
        pass


def all_again(place: Place, session: AgentSession) -> list[bytes]:
    """Every message of the session as the server has it, over a new connection. The client finds gaps and repeats."""
    session.again.clear()
    with Desktop(place.server.url) as desktop:
        bound = session.resume(desktop, seq=0)
        session.do("session.request.externalnotreadyreasons")
        assert len(session.again) == bound["seq"], "something that had been sent was not kept"
        return list(session.again)


def wait_until(true: Callable[[], bool], within_s: float = PATIENCE_S) -> float:
    """Returns after how many seconds. Raises AssertionError."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < within_s, f"not within {within_s:g} s"
        time.sleep(0.01)
    return time.monotonic() - begun
