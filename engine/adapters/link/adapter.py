"""The adapter at our end of a link: it asks the program, and tells what the program reports.

A link outlives a cut of its connection for a grace time. When it does not come back, when the program begins anew, or
when reports are missing, the platform is lost. Source: specs/adapter-link.md.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar, cast

import structlog
import trio

from engine.adapters.link import rpc, settings
from engine.adapters.link.calls import Calls, Nonsense, Pending
from engine.adapters.link.door import Door
from engine.adapters.link.hearing import Hearing
from engine.adapters.link.settings import LinkSettings
from engine.adapters.link.words import CANCEL, SPEAKER, VERSION, Cancel, Hello, Outcome, Told, Welcome
from engine.adapters.spi import MakeAdapter, Sink
from engine.transport.line import POLICY, TRY_AGAIN_LATER
from engine.transport.texts import TextSocket
from protocol.convert import WIRE
from protocol.errors import FailureCode, Refused
from protocol.platform import Feature, PlatformCall

R = TypeVar("R")
log = structlog.get_logger()

LINK_BYTES: Final = 12
SOONER: Final = 0.95
"""When this part of the time to start has passed, we say ourselves that no program has come, and why."""
LOST_WORDS: Final = "the link is over; connect again and begin anew"


def open_adapter(table: Mapping[str, object], folder: Path) -> MakeAdapter:
    """How adapters are made of these settings. Raises ValueError."""
    known, way = settings.read(table, folder)
    return lambda: LinkAdapter(known, Door(way, known.bounds()))


class LinkAdapter:
    """One platform, as long as its program goes on with the same link."""

    def __init__(self, known: LinkSettings, door: Door) -> None:
        self._settings = known
        self._door = door
        self._sink: Sink | None = None
        self._calls = Calls()
        self._turns = trio.Semaphore(known.calls_at_once)
        self._id = secrets.token_hex(LINK_BYTES)
        self._hello: Hello | None = None
        """The program's first words on this link."""
        self._received = 0
        self._socket: TextSocket | None = None
        """The connection that is spoken by; None while there is none."""
        self._up, self._lost = trio.Event(), trio.Event()
        self._cut, self._mended = trio.Event(), trio.Event()
        self._why = ""

    @property
    def features(self) -> frozenset[Feature]:
        return frozenset(self._hello.features) if self._hello else frozenset()

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be connected until cancelled. Raises ConnectionError when the link is over, OSError when none can be had."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._door.run, self._talk)
                await self._wait_for_program()
                self._sink = sink
                task_status.started()
                nursery.start_soon(self._mind_the_grace)
                await self._lost.wait()
                with trio.move_on_after(self._settings.close_s):
                    await self._door.empty()
                nursery.cancel_scope.cancel()
        finally:
            self.lose("the adapter is stopped")
            self._sink = None
        raise ConnectionError(self._why)

    async def _wait_for_program(self) -> None:
        """Raises ConnectionError shortly before the time to start is over, which alone would tell nobody why."""
        patience_s = max(0.0, trio.current_effective_deadline() - trio.current_time())
        with trio.move_on_after(SOONER * patience_s):
            await self._up.wait()
        if not self._up.is_set():
            raise ConnectionError(self._door.nobody_within(patience_s))

    # What the processor asks

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        self._require_link()
        async with self._turns:
            self._require_link()
            pending = self._calls.ask(agent, call, trio.current_effective_deadline())
            try:
                self._send(self._calls.text_of(pending))
                await pending.done.wait()
            finally:
                self._let_go(pending)
            if pending.refused is not None:
                raise pending.refused
            return cast(R, pending.answer)

    def _require_link(self) -> None:
        if self._sink is None or self._lost.is_set():
            raise Refused(FailureCode.PLATFORM_UNAVAILABLE, "the CTI platform is not connected; try again later")

    def _let_go(self, pending: Pending) -> None:
        """The answer is taken, or nobody waits for it any longer."""
        pending.taken.set()
        if self._calls.give_up(pending):
            self._send(rpc.notification(CANCEL, WIRE.unstructure(Cancel(id=pending.id))))

    def _send(self, text: bytes) -> None:
        """To the program. While it is away nothing is kept: what is under way is asked again when it is back."""
        if self._socket is not None:
            self._socket.send(text)

    # What connections tell

    async def _talk(self, socket: TextSocket) -> None:
        """One connection, from its hello on."""
        try:
            hearing = Hearing(socket, self, self._settings)
            if await hearing.greet():
                await hearing.listen()
        finally:
            if self._socket is socket:
                self._socket = None
                self._fall_silent(socket.why)

    def admit(self, socket: TextSocket, hello: Hello) -> Welcome:
        """NEW, RESUMED, or a BadMessage: only one program is on the link, and only it may go on."""
        if hello.protocol != VERSION:
            why = f"this processor speaks protocol {VERSION}"
            raise rpc.BadMessage(
                rpc.REFUSED, f"params.protocol: {why}", failure=FailureCode.UNSUPPORTED, close=(POLICY, why)
            )
        if self._lost.is_set():
            raise _turned_away(LOST_WORDS)
        if self._hello is None:
            self._hello, outcome = hello, Outcome.NEW
            self._up.set()
        elif hello.resume == self._id and set(hello.features) == self.features:
            outcome = Outcome.RESUMED
            if self._socket is not None:
                self._socket.drop("replaced")
        elif self._socket is not None:
            raise _turned_away("another program is on this link; stop one of the two")
        else:
            self.lose(f"{hello.name} has begun anew")
            raise _turned_away(LOST_WORDS)
        self._socket = socket
        self._door.let_in()
        return self._welcome(outcome)

    def _welcome(self, outcome: Outcome) -> Welcome:
        known = self._settings
        return Welcome(
            protocol=VERSION,
            name=SPEAKER,
            link=self._id,
            outcome=outcome,
            received=self._received,
            grace_s=known.grace_s,
            ping_every_s=known.ping_every_s,
            pong_within_s=known.pong_within_s,
            message_bytes=known.message_bytes,
            messages_per_s=known.messages_per_s,
        )

    def go_on(self) -> None:
        """The program is there (again): what is under way is asked, again."""
        under_way = tuple(self._calls.under_way())
        if self._cut.is_set():
            log.info("link_mended", received=self._received, asked_again=len(under_way))
            self._cut = trio.Event()
            self._mended.set()
        for pending in under_way:
            self._send(self._calls.text_of(pending))

    def told(self, told: Told) -> int:
        due = self._received + 1
        if told.seq > due:
            problem = f"report {told.seq} came where {due} was due"
            self.lose(problem)
            close = TRY_AGAIN_LATER, LOST_WORDS
            raise rpc.BadMessage(rpc.INVALID_PARAMS, f"params.seq: {problem}; {LOST_WORDS}", close=close)
        if told.seq < due:
            return self._received  # told again after a cut
        self._received = due
        if told.problem:
            raise rpc.BadMessage(rpc.INVALID_PARAMS, told.problem)
        if told.agent not in self._calls.agents:
            raise rpc.BadMessage(
                rpc.INVALID_PARAMS,
                f"params.agent: {told.agent} is nobody whom StartAgent has named; report only those",
                failure=FailureCode.INVALID_TARGET,
            )
        if self._sink is not None and told.report is not None:
            self._sink.report(told.agent, told.report)
        return self._received

    async def answered(self, answer: rpc.Answer) -> None:
        """Hand an answer over, and go on when it is taken: what is read after it is newer than it."""
        nonsense = None
        try:
            pending = self._calls.answered(answer)
        except Nonsense as found:
            pending, nonsense = found.pending, found
        if pending is not None:
            await pending.taken.wait()
        if nonsense is not None:
            raise nonsense

    # Cut and lost

    def _fall_silent(self, why: str) -> None:
        if self._lost.is_set():
            return
        log.warning("link_cut", why=why, grace_s=self._settings.grace_s)
        self._mended = trio.Event()
        self._cut.set()

    async def _mind_the_grace(self) -> None:
        """Give the link up when a cut is not mended in time."""
        while True:
            await self._cut.wait()
            with trio.move_on_after(self._settings.grace_s) as grace:
                await self._mended.wait()
            if grace.cancelled_caught and self._cut.is_set():
                self.lose(f"the link was not mended within {self._settings.grace_s:g} s")
                return

    def lose(self, why: str) -> None:
        """The link is over; the first reason stands."""
        if self._lost.is_set():
            return
        self._why = why
        self._lost.set()
        self._calls.end(Refused(FailureCode.PLATFORM_UNAVAILABLE, "the CTI platform is lost; try again later"))


def _turned_away(why: str) -> rpc.BadMessage:
    log.warning("link_refused", why=why)
    return rpc.BadMessage(rpc.REFUSED, why, failure=FailureCode.NOT_ACCEPTING, close=(TRY_AGAIN_LATER, why))
