"""The judge of all cases: an honest agent who works at the server under attack, and sees that nothing is lost."""

import contextlib
import itertools
import statistics
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from tests.blackbox.client import AgentSession, Desktop, code_of
from tests.blackbox.server import ServerProcess, wait_until

COMMAND: Final = "session.request.getdirectory"
MEBIBYTE: Final = 1024 * 1024
MEMORY_SLACK_BYTES: Final = 12 * MEBIBYTE
"""A small process may grow by so much; a large one by a tenth. Python gives back no page that holds one live object."""
PAUSE_S: Final = 0.005
ALL_MESSAGES: Final = 1_000_000
ALL_BYTES: Final = 1_000_000_000
"""For a case that goes on for minutes: the judge hears more than a session's history has, and asks for all of it."""
KEEPS_ALL: Final = f"[sessions]\nhistory_messages = {ALL_MESSAGES}\nhistory_bytes = {ALL_BYTES}\n"

_numbers = itertools.count(1)


class Judge:
    """Use around a case: `working` while it goes on, and at the end everything is looked at."""

    def __init__(self, server: ServerProcess, agent: str = "agent1") -> None:
        self.times_s: list[float] = []
        """How long each command of the honest agent took."""
        self.acknowledged: list[str] = []
        """The requestids of what was answered."""
        self._server, self._agent = server, agent
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._desktop = self._stack.enter_context(Desktop(self._server.agent_url))
        self.session: AgentSession = self._desktop.session_of(self._agent)
        self.session.do("session.start")
        self.session.take_news()
        self._memory = self._server.memory_bytes()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        with self._stack:
            if kind is None:
                self.verdict()

    # While it goes on

    def work(self) -> None:
        """One command: answered, and by a success."""
        requestid = f"honest-{next(_numbers)}"
        begun = time.monotonic()
        self.session.send(COMMAND, requestid=requestid)
        while not self.session.news:
            self._desktop.read()
        self.times_s.append(time.monotonic() - begun)
        (answer,) = self.session.take_news()
        assert (answer["requestid"], code_of(answer)) == (requestid, "success")
        self.acknowledged.append(requestid)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Work all the time, in a thread."""
        over = threading.Event()
        wrong: list[Exception] = []

        def work() -> None:
            try:
                self.work()
                while not over.wait(PAUSE_S):
                    self.work()
            except Exception as error:
                wrong.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if wrong:
            raise wrong[0]

    def is_answered_still(self) -> None:
        """Wait until one more command has been, by the thread that works."""
        answered = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) > answered, "the honest agent is answered")

    def p99_s(self) -> float:
        return statistics.quantiles(self.times_s, n=100)[98] if len(self.times_s) > 1 else self.times_s[0]

    # At the end

    def check_memory(self) -> None:
        now = self._server.memory_bytes()
        bound = self._memory + max(self._memory // 10, MEMORY_SLACK_BYTES)
        assert now <= bound, f"memory grew from {self._memory / MEBIBYTE:.0f} to {now / MEBIBYTE:.0f} MiB"

    def forget_memory(self) -> None:
        """What is held now is no fault: so much was there at once that Python's pages are not given back."""
        self._memory = self._server.memory_bytes()

    def verdict(self) -> None:
        """The server lives, the agent goes on working, and the journal has every acknowledged command once, in order.

        A resumption from the beginning gives all that was heard, byte for byte; the client checks that by itself, and
        that the numbers have no gap.
        """
        self.work()
        assert self._server.get("/healthz").status_code == 200
        self.check_memory()
        heard = dict(self.session.raw)
        with Desktop(self._server.agent_url) as again:
            self.session.resume(again, seq=0)
            while len(self.session.again) < len(heard):
                again.read()
            assert self.session.again == [heard[number] for number in sorted(heard)]
            assert self.session.raw == heard, "something came that nobody had heard before"
        answered = [message for message in self.session.again if b'"command":"' + COMMAND.encode() in message]
        kept = [message.partition(b'"requestid":"')[2].partition(b'"')[0].decode() for message in answered]
        assert kept == self.acknowledged
