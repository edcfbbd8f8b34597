"""One agent-desktop connection: frames in, requests to sessions; messages out, one writer.

A connection may bind many sessions. The service phase (prepareSession, bindSession) is handled here, in the order in
which its requests come, what supervisors ask at the supervisor's desk; everything else goes to the session that the
target names, and is answered from there.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
import trio

from engine.config import Limits
from engine.observe import NO_TRACES, Metrics, Traces
from engine.security.audit import Audit
from engine.security.identities import Identities
from engine.security.people import Identity
from engine.sessions.items import Asked
from engine.sessions.registry import Entry, Fresh, HasSession, Registry
from engine.sessions.replies import failure, success
from engine.supervision.desk import SUPERVISION, SupervisorDesk
from engine.transport.arrivals import SERVICE, Arrivals
from engine.transport.line import NORMAL, NOT_TEXT, POLICY, TOO_BIG
from engine.transport.outbox import Outbox
from engine.transport.presence import Presence
from engine.transport.rate import Rate
from engine.transport.rights import Rights
from engine.transport.standing import Standing
from protocol.commands import COMMANDS, BindSession, PrepareSession, SupervisorLogin, find_command
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.messages import BadRequest, Confirm, Message, Request
from protocol.results import BindOutcome, Bound, Prepared, PreparedSession
from protocol.wire import encode, read_frame

log = structlog.get_logger()

UNBIND: Final = COMMANDS["unbindSession"]


class Connection:
    """The protocol's side of one connection; `server` moves the frames. It is a `Desktop` to its sessions."""

    def __init__(
        self,
        *,
        registry: Registry,
        identities: Identities,
        limits: Limits,
        metrics: Metrics,
        batched: bool,
        drop: Callable[[str], None],
        start: Callable[[Callable[[], Awaitable[None]]], None],
        identity: Identity | None = None,
        address: str = "",
        audit: Audit | None = None,
        traces: Traces = NO_TRACES,
        presence: Presence | None = None,
        place: object = None,
    ) -> None:
        """`identity`: who the handshake has shown this to be; no other's sessions may be touched. None: nobody yet.

        `place`: what `presence` knows this connection by, when the handshake has told it who that is.
        """
        self.outbox = Outbox(bytes_at_most=limits.outbox_bytes)
        self.batched = batched
        self.close_code = NORMAL
        self.close_reason = ""
        self.identity = identity
        self._expelled = False
        self._registry = registry
        self._limits = limits
        self._metrics = metrics
        self._drop = drop
        self._start = start
        self._bound: dict[SessionId, Entry] = {}
        self._standing = Standing(registry, identities)
        audit = audit or Audit()
        self._rights = Rights(identity, identities, self._standing, audit, address)
        self._unbinding: set[SessionId] = set()
        self._presence = presence or Presence(limits.connections_per_identity)
        self._place = self if place is None else place
        self._follows = traces.on
        self._arrivals = Arrivals(metrics, traces)
        self._supervisor = SupervisorDesk(
            self,
            registry=registry,
            identities=identities,
            metrics=metrics,
            address=address,
            audit=audit,
            answered=self._arrivals.answered,
            arrive=self._arrive,
        )
        if identity is not None:
            self._supervisor.admit(identity)
        self._rate = Rate(limits.requests_per_s, now=trio.current_time())
        self._unreadable = 0

    # Out

    def deliver(self, text: bytes) -> None:
        if not self.outbox.put(text):
            self.cut("slow consumer")

    def when_written(self, tell: Callable[[], None]) -> None:
        self.outbox.when_written(tell)

    async def wait_for_room(self, size: int) -> None:
        await self.outbox.wait_for_room(size)

    def feed(self, task: Callable[[], Awaitable[None]]) -> None:
        self._start(task)

    def cut(self, why: str) -> None:
        self._drop(why)

    def took_over(self, session: SessionId, agent: str, outcome: BindOutcome) -> None:
        self._rights.record_takeover("bind", session, agent, outcome)

    def release(self, session: SessionId) -> None:
        self._bound.pop(session, None)
        self._standing.release(session)
        self._unbinding.discard(session)

    def finish(self, code: int, reason: str) -> None:
        """Close when all that waits is written. The first reason stands."""
        if self.close_code == NORMAL:
            self.close_code, self.close_reason = code, reason
        self.outbox.close()

    def why_out(self) -> str:
        """Why the connection must go, beside what its handshake has shown; "" when it may stay."""
        agents = (entry.actor.agent for entry in self._bound.values())
        return self._standing.why_out(agents, self._supervisor.shown)

    def expel(self, why: str) -> None:
        """Take nothing more, close, and be gone soon, whether the peer reads or not."""
        if self._expelled:
            return
        self._expelled = True
        self._rights.record_expelled(why)
        self.finish(POLICY, why)

        async def drop_soon() -> None:
            await trio.sleep(self._limits.close_s)
            self._drop("expelled")

        self._start(drop_soon)

    def lose(self) -> None:
        """The transport is lost: the sessions stay, and wait for a desktop."""
        for entry in tuple(self._bound.values()):
            entry.actor.unbind(self)
        self._bound.clear()
        self._supervisor.leave()
        self.outbox.give_up()
        self._presence.leave(self._place)
        # Circles would be kept until the collector comes by, which is after half a million connections.
        del self._supervisor, self._place
        self._drop, self._start = _nobody_is_dropped, _nothing_is_started

    def _arrive(self, who: str) -> None:
        """Somebody has shown at this connection who they are. Raises Refused when they are at too many."""
        self._presence.arrive(who, self._place)
        self._standing.judge_anew()

    def _send(self, message: Message) -> None:
        self.deliver(encode(message))

    def _refuse(self, refusal: Refused, request: Request | BadRequest) -> None:
        self._metrics.request_refused(refusal.code)
        self._arrivals.answered(request, refusal.code)
        self._send(failure(refusal, request))

    # In

    async def take_frame(self, frame: str | bytes) -> bool:
        """Handle one frame; False when the connection is to be closed, for which `finish` has been called."""
        if self._expelled:
            return False
        if isinstance(frame, bytes):
            self.finish(NOT_TEXT, "send text frames; the protocol has no binary ones")
            return False
        text = frame.encode()
        if len(text) > self._limits.message_bytes:
            self.finish(TOO_BIG, f"a frame may have {self._limits.message_bytes} bytes")
            return False
        requests = read_frame(text, batched=self.batched)
        if len(requests) > self._limits.batch_requests:
            self._refuse(
                Refused(
                    FailureCode.OVERLOADED,
                    f"a frame may hold {self._limits.batch_requests} requests; nothing of this one was executed",
                ),
                BadRequest(code=FailureCode.OVERLOADED, message="", original=None),
            )
            return True
        for place, request in enumerate(requests):
            if place:
                await trio.lowlevel.checkpoint()  # the other connections have their turn between any two
            await self._take(request)
            if self._expelled:
                return False
            if self._unreadable >= self._limits.unreadable_in_a_row:
                self.finish(POLICY, f"{self._unreadable} messages in a row were no JSON objects")
                return False
        return True

    async def _take(self, request: Request | BadRequest) -> None:
        readable = isinstance(request, Request) or isinstance(request.original, dict)
        self._unreadable = 0 if readable else self._unreadable + 1
        now = trio.current_time()
        if not self._rate.allows(now):
            self._refuse(
                Refused(FailureCode.OVERLOADED, "this connection sends too fast; slow down and repeat the request"),
                request,
            )
            await trio.sleep(self._rate.one_s)  # or a flood of refusals would be all that the server does
            return
        if self._follows or (isinstance(request, Request) and request.command in SERVICE):
            self._arrivals.came(request, now)
        match request:
            case Request(data=PrepareSession() as prepare):
                await self._prepare(request, prepare)
            case Request(data=BindSession() as bind):
                await self._bind(request, bind)
            case Request(command=command) if command is UNBIND:
                self._unbind(request, now)
            case Request(data=SupervisorLogin()):
                await self._supervisor.login(request, now)
            case Request(command=command) if command.name in SUPERVISION:
                await self._registry.wait_revived()  # a list without them would be wrong
                self._supervisor.take(request, now)
            case BadRequest(name=name) if name is not None and _is_of_no_session(name):
                # Answered here and kept nowhere: it may hold a password or a token.
                self._refuse(Refused(request.code, request.message), request)
            case _:
                self._forward(Asked(request, now, self, arrival=self._arrivals.of(request) if self._follows else None))

    def _forward(self, asked: Asked) -> bool:
        """Hand a request to its session; False when it was refused instead."""
        request = asked.request
        entry = self._bound.get(request.target.session) if request.target else None
        try:
            if self._registry.draining:
                raise _stopping()
            if entry is None:
                raise Refused(request.code, request.message) if isinstance(request, BadRequest) else _not_bound(request)
            entry.actor.submit(asked)
        except Refused as refusal:
            self._refuse(refusal, request)
            return False
        if self._follows:
            self._arrivals.handed_on(request)
        return True

    # The service phase

    async def _prepare(self, request: Request, data: PrepareSession) -> None:
        agent = data.agent.id
        try:
            person = await self._rights.authenticate(data)
            self._arrive(f"agent {agent}")
            prepared = await self._prepared_by(agent, data)
        except Refused as refusal:
            self._refuse(refusal, request)
            return
        if isinstance(prepared, HasSession):
            self._arrivals.answered(request, "confirm")
            self._send(
                Confirm(
                    command=request.name,
                    message=f"agent {agent} has a session; repeat with override true to end it",
                    original=request.original,
                    requestid=request.requestid,
                )
            )
            return
        session = prepared.entry.actor.session
        self._standing.prepare(session, person)
        self._succeed(request, Prepared(session=PreparedSession(id=session), resumetoken=prepared.token))

    async def _prepared_by(self, agent: str, data: PrepareSession) -> Fresh | HasSession:
        """A session that was ended for it is recorded, whatever became of the preparation. Raises Refused."""
        ended: list[SessionId] = []
        outcome = "cancelled"
        try:
            prepared = await self._registry.prepare(
                agent, override=data.override, groups=data.channelgroups, ended=ended.append
            )
            outcome = "success"
        except Refused as refusal:
            outcome = refusal.code
            raise
        finally:
            for session in ended:
                self._rights.record_takeover("prepare", session, agent, outcome)
        return prepared

    def _unbind(self, request: Request, now: float) -> None:
        """Let the session's actor do it, in its turn among the requests sent before."""
        if request.target is not None and len(request.target.segments) > 1:
            self._refuse(
                Refused(FailureCode.INVALID_TARGET, f"target {request.target} is no session; name the session alone"),
                request,
            )
            return
        asked = Asked(request, now, self, unbind=True, arrival=self._arrivals.of(request))
        if self._forward(asked) and request.target is not None:
            self._unbinding.add(request.target.session)

    async def _bind(self, request: Request, data: BindSession) -> None:
        if request.target is not None:
            await self._registry.wait_revived(request.target.session)
        try:
            entry = self._may_bind(request, data)
        except Refused as refusal:
            self._refuse(refusal, request)
            return
        session = entry.actor.session

        def hold() -> None:
            self._bound[session] = entry
            if self.identity is None:
                self._standing.hold(session, entry.actor.agent)

        def answer(bound: Bound) -> None:
            hold()  # another may have taken the one that was here before, in the meantime
            log.info(
                "session_bound",
                session=session,
                agent=entry.actor.agent,
                seq=bound.seq,
                cause="request",
                epoch=bound.epoch,
                outcome=bound.outcome,
            )
            self._succeed(request, bound)

        def refuse(refusal: Refused) -> None:
            if entry.actor.desktop is not self:
                self.release(session)
            self._refuse(refusal, request)

        hold()
        await entry.actor.bind(self, data.resume, answer, refuse)

    def _may_bind(self, request: Request, data: BindSession) -> Entry:
        target = request.target
        session = target.session if target and len(target.segments) == 1 else None
        if session in self._unbinding:
            raise Refused(
                FailureCode.ALREADY_BOUND, f"session {target} is being unbound; wait for that response, then bind"
            )
        found = self._registry.find(session) if session else None
        entry = self._rights.check_bind(found, target, data)
        if data.resume is not None:
            self._arrive(f"agent {entry.actor.agent}")
        return entry

    def _succeed(self, request: Request, data: Prepared | Bound) -> None:
        self._arrivals.answered(request, "success")
        self._send(success(request, data))


def _nobody_is_dropped(_: str) -> None:
    """The transport is lost already."""


def _nothing_is_started(_: Callable[[], Awaitable[None]]) -> None:
    """There is nobody to do it for."""


def _is_of_no_session(name: str) -> bool:
    """Does the command, however it is spelt, belong to the service phase or to supervision?"""
    command = find_command(name)
    return command is not None and command.kind is None


def _stopping() -> Refused:
    return Refused(
        FailureCode.OVERLOADED, "the server is stopping and did not try this; connect again and repeat the request"
    )


def _not_bound(request: Request) -> Refused:
    session = request.target.session if request.target else None
    return Refused(
        FailureCode.NOT_BOUND,
        f"this connection has not bound session {session}; send bindSession first, or prepareSession if it has ended",
    )
