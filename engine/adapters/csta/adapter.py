"""The adapter: the link to AES that it keeps, and the calls that it carries out over it.

A call is carried out in a task of the adapter: who gives it up does not stop it half-way, and what it did is told. For
one agent, one is carried out after the other. A link that breaks is mended, if that takes no longer than
`return_within_s`; meanwhile calls are refused, and afterwards it is found out what has changed.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

import attrs
import structlog
import trio

from engine.adapters.csta import requests, session
from engine.adapters.csta.agents import Agents
from engine.adapters.csta.callcontrol import CallControl
from engine.adapters.csta.calls import Call
from engine.adapters.csta.desks import Chosen, Desk, Phone
from engine.adapters.csta.link import Link, LinkLost, nothing
from engine.adapters.csta.session import Session, SessionRefused
from engine.adapters.csta.settings import CstaSettings
from engine.adapters.csta.watching import Watching
from engine.adapters.csta.world import Chores, World
from engine.adapters.spi import Sink
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AddGroup,
    BlindConference,
    BlindTransfer,
    ChangeData,
    Dial,
    Feature,
    InteractionCall,
    ListDirectory,
    ListDispositions,
    ListLogoutReasons,
    ListNotReadyReasons,
    PlatformCall,
    RemoveGroup,
    SetRecording,
)
from protocol.states import AgentState

log = structlog.get_logger()
R = TypeVar("R")

FEATURE_OF: Final[Mapping[type[PlatformCall[Any]], Feature]] = MappingProxyType(
    {
        AddGroup: Feature.CHANNELGROUPS,
        RemoveGroup: Feature.CHANNELGROUPS,
        ListDirectory: Feature.DIRECTORY,
        ListDispositions: Feature.DISPOSITIONS,
        ListLogoutReasons: Feature.LOGOUT_REASONS,
        ListNotReadyReasons: Feature.NOTREADY_REASONS,
        BlindConference: Feature.CONFERENCE,
        BlindTransfer: Feature.BLIND_TRANSFER,
        ChangeData: Feature.INTERACTION_DATA,
        SetRecording: Feature.RECORDING,
    }
)
"""The features that the settings, or the switch, may lack."""


_NOBODY: Final = "start AES, or ixp dmcc-simulator, or check host and port"
_NO_TLS: Final = ("UNEXPECTED_EOF_WHILE_READING", "WRONG_VERSION_NUMBER")
"""What TLS says of a far end that hangs up on it, or answers something else."""


def _no_answer() -> None:
    """Before there is one."""


@attrs.define(eq=False)
class _Job:
    """A call that is being carried out."""

    done: trio.Event = attrs.field(factory=trio.Event)
    answer: Callable[[], Any] = _no_answer
    failure: Exception | None = None


class CstaAdapter:
    """One switch behind one AES."""

    def __init__(self, settings: CstaSettings, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._tls = tls
        self._features = settings.features()
        self._link: Link | None = None
        self._session: Session | None = None
        self._came_up = trio.Event()
        self._up = False
        self._why = "it was never there"
        self._nursery: trio.Nursery | None = None
        self._locks = {agent.id: trio.Lock() for agent in settings.agents}
        self._jobs = 0
        self._world: World
        self._watching: Watching
        self._agents: Agents
        self._calls: CallControl

    @property
    def features(self) -> frozenset[Feature]:
        return self._features

    @property
    def up(self) -> bool:
        """Is there a link with a session, over which calls are carried out?"""
        return self._up

    @property
    def busy(self) -> bool:
        """Is a call, or a chore of its own, being carried out, or does a request wait for its answer?"""
        return self._jobs > 0 or (self._link is not None and self._link.busy)

    @property
    def link(self) -> Link | None:
        """The link to AES, while there is one."""
        return self._link

    # Life

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be connected until cancelled. Raises ConnectionError when AES is lost for good, or lets us not in."""
        chores = Chores(
            watch_again=lambda phone: self._chore(self._watch_again, phone),
            look_again=lambda phone: self._chore(self._look_again, phone),
            hang_up=lambda phone, call: self._chore(self._hang_up, phone, call),
            begin_work=lambda phone: self._chore(self._begin_work, phone),
            session_ended=self._session_ended,
        )
        self._world = World(self._settings, sink, chores)
        self._watching = Watching(self._world, self._link_now)
        self._agents = Agents(self._world, self._watching)
        self._calls = CallControl(self._world, self._watching, self._agents)
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                nursery.start_soon(self._keep_linked, nursery.cancel_scope)
                if self._settings.agent_poll_s is not None:
                    nursery.start_soon(self._poll, self._settings.agent_poll_s)
                await self._came_up.wait()
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._up, self._nursery = False, None
        raise ConnectionError(f"AES at {_shown(self._settings)} is lost: {self._why}")

    async def _keep_linked(self, life: trio.CancelScope) -> None:
        """Have one link after the other. Ends the adapter's life when there is none any longer."""
        lost_at: float | None = None
        while True:
            self._why = await self._be_linked()
            if self._up:
                self._up, lost_at = False, trio.current_time()
            if lost_at is None or trio.current_time() - lost_at >= self._settings.return_within_s:
                life.cancel()
                return
            log.warning("csta_link_lost", why=self._why, again_in_s=self._settings.retry_s)
            await trio.sleep(self._settings.retry_s)

    async def _be_linked(self) -> str:
        """Have a link, and a session on it, until it is gone; returns why it is."""
        try:
            stream = await self._connect()
        except OSError as error:
            return f"{error}; {_NOBODY}"
        except trio.BrokenResourceError as error:
            return _untrusted(error.__cause__ or error)
        self._link = link = Link(stream, self._world.on_event, reply_timeout_s=self._settings.reply_timeout_s)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pump, link, nursery.cancel_scope)
                try:
                    await self._live(link)
                except (SessionRefused, Refused) as error:
                    link.close(str(error))
                finally:
                    with trio.move_on_after(session.GOODBYE_S, shield=True):
                        if link.lost is None and self._session is not None:
                            await session.end(link, self._session)
                    link.close("the adapter is stopped")
        finally:
            self._link = None
        return link.lost or "the connection is closed"

    @staticmethod
    async def _pump(link: Link, scope: trio.CancelScope) -> None:
        """Read and write until the link is closed, so that a goodbye goes out."""
        with trio.CancelScope(shield=True):
            await link.carry()
        scope.cancel()

    async def _connect(self) -> trio.abc.Stream:
        host, port = self._settings.address
        with trio.move_on_after(self._settings.connect_timeout_s):
            stream = await trio.open_tcp_stream(host, port)
            if self._tls is None:
                return stream
            secure = trio.SSLStream(stream, self._tls, server_hostname=self._settings.tls_name or host)
            try:
                await secure.do_handshake()
            except BaseException:
                await trio.aclose_forcefully(stream)
                raise
            return secure
        raise LinkLost("it did not take the connection in time" + ("; is there TLS at this port?" if self._tls else ""))

    async def _live(self, link: Link) -> None:
        """Have a session, and keep it alive. Always raises."""
        before = self._session
        self._session = await session.begin(link, self._settings, before.id if before is not None else None)
        if before is not None:
            await self._watching.reconcile(kept=self._session.kept)
        self._up = True
        self._came_up.set()
        await session.keep_alive(link, self._session, self._settings.session_s)

    def _link_now(self) -> Link:
        if self._link is None:
            raise _away()
        return self._link

    # Calls

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        """Do what the call says for the agent. Raises Refused."""
        if self._nursery is None or not self._up:
            raise _away()
        feature = FEATURE_OF.get(type(call))
        if feature is not None and feature not in self._features:
            raise Refused(FailureCode.UNSUPPORTED, f"the switch has no {feature}, as far as is configured; do without")
        desk = self._world.desks.get(agent)
        if desk is None:
            raise Refused(
                FailureCode.PLATFORM_ERROR,
                f"the adapter knows no agent {agent}; add it as one of [[adapters.settings.agents]]",
            )
        job = _Job()
        self._jobs += 1
        self._nursery.start_soon(self._carry_out, job, desk, call)
        await job.done.wait()
        if job.failure is not None:
            raise job.failure
        return cast(R, job.answer())  # as things stand at this moment, and not when the job was done

    async def _carry_out(self, job: _Job, desk: Desk, call: PlatformCall[Any]) -> None:
        try:
            async with self._locks[desk.id]:
                job.answer = await self._do(desk, call)
        except Exception as error:  # whatever it is, it is the caller's
            job.failure = error
        finally:
            if job.answer is _no_answer and job.failure is None:
                job.failure = _away()
            self._jobs -= 1
            job.done.set()

    async def _do(self, desk: Desk, call: PlatformCall[Any]) -> Callable[[], Any]:
        if isinstance(call, Dial):
            return await self._calls.dial(desk, call)
        if isinstance(call, InteractionCall):
            return await self._calls.perform(desk, call)
        return await self._agents.rows[type(call)](desk, call)

    # Chores

    def _chore(self, do: Callable[..., Awaitable[None]], *about: Any) -> None:
        if self._nursery is not None:
            self._jobs += 1
            self._nursery.start_soon(self._do_chore, do.__name__.removeprefix("_"), partial(do, *about))

    async def _do_chore(self, what: str, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await do()
        except Refused as refused:
            log.info("csta_refused", what=what, why=refused.message)
        finally:
            self._jobs -= 1

    async def _watch_again(self, phone: Phone) -> None:
        await self._watching.watch_again(phone)

    async def _look_again(self, phone: Phone) -> None:
        await self._watching.look_at_calls(phone)

    async def _hang_up(self, phone: Phone, call: Call) -> None:
        if not phone.muted and phone.address in call.parties:  # a call that is being carried out sees to it itself
            await self._watching.ask(requests.clear_connection(call.id, phone.device), nothing)

    async def _begin_work(self, phone: Phone) -> None:
        desk = self._world.holder(phone)
        if desk is None:
            return
        async with self._locks[desk.id]:
            if phone.line.wraps_up and phone.state is not AgentState.WORK:
                await self._agents.choose(phone, Chosen(AgentState.WORK))

    def _session_ended(self, reason: str) -> None:
        """Begin anew, on a new link."""
        log.warning("csta_session", what="ended by AES", why=reason)
        if self._link is not None:
            self._link.close(f"AES has ended the session: {reason}")

    async def _poll(self, every_s: float) -> None:
        """Ask for agent states, where the switch does not tell of them."""
        while True:
            await trio.sleep(every_s)
            for phone in tuple(self._world.phones.values()):
                if self._up and phone.monitor is not None and phone.users:
                    try:
                        await self._watching.look_at_agent(phone)
                    except Refused as refused:
                        log.info("csta_refused", what="agent state", why=refused.message)


def _shown(settings: CstaSettings) -> str:
    host, port = settings.address
    return f"{host}:{port}"


def _untrusted(cause: BaseException) -> str:
    """Why TLS was not agreed on."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({cause.verify_message}); name the file of whoever signed it in ca_file, "
            "or the name that it has in tls_name"
        )
    if isinstance(cause, ssl.SSLError) and cause.reason not in _NO_TLS:
        return f"it does not agree on TLS ({cause.reason}); have AES speak TLS 1.2 or newer"
    return "there is no TLS at this port; set tls = false, or take AES's port for TLS"


def _away() -> Refused:
    return Refused(FailureCode.PLATFORM_UNAVAILABLE, "the link to the switch is lost; try again when it is back")
