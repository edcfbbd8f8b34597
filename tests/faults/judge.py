"""The judge of all cases: an honest agent who works at the server under attack, and sees what is lost or late."""

import contextlib
import itertools
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Self

from tests.blackbox.client import PASSWORD, AgentSession, Desktop, pair, told
from tests.blackbox.reached import Reached
from tests.blackbox.server import wait_until
from tests.faults.own_delays import OwnDelays
from tests.faults.sizes import LONG, size, tell

PHONE: Final = "c1"
DIRECTORY: Final = ("session.request.getdirectory", "", ())
COMMANDS: Final = (
    DIRECTORY,
    ("channel.ready", PHONE, tuple(pair(PHONE))),
    DIRECTORY,
    ("channel.notready", PHONE, tuple(pair(PHONE))),
)
"""What the honest agent does in turn: the command, what it is for, and the events that it causes."""
MINE: Final = "honest-"
"""How the requestids of its own begin."""
CALM_COMMANDS: Final = 48
DELAY_S: Final = size(1.0, 0.1)
"""So much longer than in calm a command may take. In CI the machine has much else to do."""
MEBIBYTE: Final = 1024 * 1024
MEMORY_SLACK_BYTES: Final = size(12 * MEBIBYTE, 0)
"""In CI, where it is not warm yet, a small server may grow by so much; a large one, or a warm one, by a tenth. Python
gives back no page that holds one live object."""
SWITCH_S: Final = 0.0005
PAUSE_S: Final = size(0.005, 0.02)
"""Between two commands: some cases go on for minutes, and all that it says is remembered."""
ALL_MESSAGES: Final = 1_000_000
ALL_BYTES: Final = 1_000_000_000
"""For a case that goes on for minutes: the judge hears more than a session's history has, and asks for all of it."""
KEEPS_ALL: Final = (
    f"[sessions]\nhistory_messages = {ALL_MESSAGES}\nhistory_bytes = {ALL_BYTES}\nremembered_bytes = {ALL_BYTES}\n"
)

_numbers = itertools.count(1)


class Memory:
    """What a server holds with the process that writes its journal, when this is made."""

    def __init__(self, server: Reached) -> None:
        self._server = server
        self._before = server.memory_bytes()

    def check(self) -> None:
        now = self._server.memory_bytes()
        tell(f"memory {self._before / MEBIBYTE:.1f} MiB, and {now / MEBIBYTE:.1f} MiB in the end")
        bound = self._before + max(self._before // 10, MEMORY_SLACK_BYTES)
        assert now <= bound, f"memory grew from {self._before / MEBIBYTE:.0f} to {now / MEBIBYTE:.0f} MiB"


@contextlib.contextmanager
def flat_memory(server: Reached, warm_up: Callable[[], object]) -> Iterator[None]:
    """Around a loop, in the long form alone: in CI it is over too soon to say anything."""
    if not LONG:
        yield
        return
    warm_up()
    memory = Memory(server)
    yield
    memory.check()


class Judge:
    """Use around a case: `working` while it goes on, and at the end everything is looked at.

    `waits`: the case has a bound of its own for what the honest agent may be kept waiting. `kept`: the server keeps so
    many of a session's last messages; all that there are by default.
    """

    def __init__(
        self,
        server: Reached,
        agent: str = "agent1",
        *,
        password: str = PASSWORD,
        extensions: int = 4000,
        waits: bool = False,
        kept: int = ALL_MESSAGES,
    ) -> None:
        """Of agent N the phone is `extensions` + N."""
        self._spans: list[tuple[float, float]] = []
        """From when to when each command of the honest agent took, with all that it causes."""
        self.acknowledged: list[str] = []
        """The requestids of what was answered."""
        self.calm_s = 0.0
        """How long its commands took at most before the case began."""
        self._server, self._agent, self._password = server, agent, password
        self._phone = str(extensions + int(agent.removeprefix("agent")))
        self._waits, self._kept = waits, kept
        self._turns = itertools.cycle(COMMANDS)
        self._stack = contextlib.ExitStack()
        self._own = OwnDelays()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._own)
        self._desktop = self._stack.enter_context(Desktop(self._server.agent_url))
        self.session: AgentSession = self._desktop.session_of(self._agent, password=self._password)
        self.session.do("session.start")
        self.session.do("session.addchannel", data={"channel": {"endpoint": self._phone, "type": "Telephony"}})
        self.session.do("channel.activate", PHONE)
        for _ in range(CALM_COMMANDS):
            self.work()
        self.calm_s = max(self._own.left_of(self._spans))
        self.forget_times()
        self._memory = Memory(self._server)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        with self._stack:
            if kind is None:
                self.verdict()

    # While it goes on

    def work(self) -> None:
        """One command: answered by a success, with the events that it causes, and nothing else is said."""
        command, path, events = next(self._turns)
        requestid = f"{MINE}{next(_numbers)}"
        begun = time.monotonic()
        self.session.send(command, path, requestid=requestid)
        while len(self.session.news) <= len(events):
            self._desktop.read()
        self._spans.append((begun, time.monotonic()))
        came = self.session.take_news()
        assert (came[0].get("requestid"), told(came)) == (requestid, [f"{command}: success", *events])
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
        # It shares an interpreter with those who attack, and has it the sooner.
        interval_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            sys.setswitchinterval(interval_s)
        if wrong:
            raise wrong[0]

    def is_answered_still(self) -> None:
        """Wait until one more command has been, by the thread that works."""
        answered = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) > answered, "the honest agent is answered")

    @property
    def times_s(self) -> list[float]:
        """How long each command took."""
        return [ended - begun for begun, ended in self._spans]

    def forget_times(self) -> None:
        self._spans.clear()

    def p99_s(self) -> float:
        times_s = self.times_s
        return statistics.quantiles(times_s, n=100)[98] if len(times_s) > 1 else times_s[0]

    # At the end

    def check_memory(self) -> None:
        self._memory.check()

    def forget_memory(self) -> None:
        """What is held now is no fault: so much was there at once that Python's pages are not given back."""
        self._memory = Memory(self._server)

    def check_delays(self) -> None:
        """What it waited for the others in this process is none of the server's doing."""
        slowest_s = max(self._own.left_of(self._spans))
        if LONG:
            waited = f"{slowest_s * 1e3:.0f} ms at most, in calm {self.calm_s * 1e3:.0f} ms"
            tell(f"the honest agent waited {waited}; {max(self.times_s) * 1e3:.0f} ms with its own process's delays")
        assert slowest_s <= self.calm_s + DELAY_S, (
            f"delayed: {slowest_s:.3f} s, and {self.calm_s:.3f} s at most in calm"
        )

    def verdict(self) -> None:
        """The server lives, the agent goes on working and was not delayed, and the journal has every acknowledged
        command once, in order.

        A resumption from the beginning, or as far back as the server has to keep them, gives all that was heard, byte
        for byte; the client checks that by itself, and that the numbers have no gap.
        """
        self.work()
        assert self._server.get("/healthz").status_code == 200
        self.check_memory()
        if not self._waits:
            self.check_delays()
        heard = dict(self.session.raw)
        since = max(0, len(heard) - self._kept)
        with Desktop(self._server.agent_url) as again:
            self.session.resume(again, seq=since)
            while len(self.session.again) < len(heard) - since:
                again.read()
            assert self.session.again == [heard[number] for number in sorted(heard)[since:]]
            assert self.session.raw == heard, "something came that nobody had heard before"
        requestids = [message.partition(b'"requestid":"')[2].partition(b'"')[0] for message in self.session.again]
        kept = [each.decode() for each in requestids if each.startswith(MINE.encode())]
        assert kept == self.acknowledged[-len(kept) if since else 0 :]
