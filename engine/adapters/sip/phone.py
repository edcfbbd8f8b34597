"""One phone program with one or more accounts: kept running, kept connected, and told one thing at a time."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import attrs
import structlog
import trio

from engine.adapters.sip.control import Answer, Command, Control, ControlLost, NoAnswer
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.process import CONTROL_HOST, PhonePorts, Process, free_port, write_config
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.trace import SipMessage, Trace
from engine.adapters.sip.visits import PhoneCall
from engine.adapters.sip.words import Listed, PhoneEvent, accounts_of, bare, event_of, listing_of
from protocol.errors import FailureCode, Refused

log = structlog.get_logger()

_POLL_S: Final = 0.02
_PAUSE_FIRST_S: Final = 0.05
_PAUSE_MOST_S: Final = 5.0
_CHECK_S: Final = 10.0
_MUTE_TIMES: Final = 2
_END_S: Final = 10.0
_LAST_WORDS_S: Final = 0.5

# What is done about it, for the log.
_RESTART: Final = "its calls have FAILED, and it is started anew"
_CONNECT: Final = "its agents are refused until it is connected to anew"
_TRY_ON: Final = "its agents are refused, and it is tried again and again"
_START_THERE: Final = "start baresip there with ctrl_tcp_listen, or correct attach"
_MAKE_END: Final = "it is made to end"

Connect = Callable[[str, int], Awaitable[trio.SocketStream]]
"""How a control connection to a host and port is made. Raises OSError."""


class Unsure(Refused):
    """The phone was told, and nobody knows what it has done."""


class Listener(Protocol):
    """Who is told what phones say. None of these waits."""

    def happened(self, endpoint: Endpoint, event: PhoneEvent) -> None: ...

    def listed(self, endpoint: Endpoint, entries: Sequence[Listed]) -> None: ...

    def died(self, endpoint: Endpoint) -> None: ...

    def traced(self, message: SipMessage) -> None: ...


@attrs.frozen(kw_only=True)
class Started:
    """A phone that the adapter starts: how, and with which account line. `taken`: ports that are some phone's."""

    agents: tuple[str, ...]
    program: str
    modules: Path
    folder: Path
    sip_port: int
    taken: set[int]
    account: str


@attrs.frozen(kw_only=True)
class Attached:
    """A phone that runs already, by the address of its control connection."""

    agents: tuple[str, ...]
    host: str
    port: int


class Turn:
    """The phone is told things by one task at a time, for what it does is about its current account and call.

    A call that comes in becomes the current one, and its account, too: so what belongs together is sent in one piece,
    which the phone carries out before it looks at the network again.
    """

    def __init__(self, phone: "Phone", control: Control, endpoint: Endpoint, account: str | None) -> None:
        self._phone = phone
        self._control = control
        self._endpoint = endpoint
        self._before: tuple[Command, ...] = () if account is None else (("uafind", account),)

    async def command(self, name: str, parameters: str = "") -> str:
        """What the phone says to it. Raises Refused."""
        return await self._tell((name, parameters))

    async def look(self) -> None:
        """Have the phone list its calls, so that all that is known of it is so."""
        listed = False

        def take(answer: Answer) -> None:
            """Before the next event is told, after which the listing might no longer be so."""
            nonlocal listed
            entries = listing_of(answer.text)
            if entries is not None:
                listed = True
                self._phone.listener.listed(self._endpoint, entries)

        await self._tell(("listcalls", ""), at_once=take)
        if not listed:
            raise Refused(
                FailureCode.PLATFORM_ERROR, f"the phone {self._endpoint.address} does not list its calls; restart it"
            )

    async def about(self, call: PhoneCall, name: str, parameters: str = "") -> None:
        """A command about this call. Raises Refused, and INVALID_STATE where the phone has it no longer."""
        await self.look()
        if call.closed or call.line is None:
            raise Refused(
                FailureCode.INVALID_STATE,
                f"the phone {self._endpoint.address} has this call no longer; look at the latest events",
            )
        await self._tell(("line", str(call.line)), (name, parameters))

    async def _tell(self, *commands: Command, at_once: Callable[[Answer], None] | None = None) -> str:
        """The answer to the last."""
        answers = await self._phone.ask(self._control, *self._before, *commands, at_once=at_once)
        for (name, _), answer in zip((*self._before, *commands), answers, strict=True):
            if not answer.ok:
                why = answer.text.strip() or "no reason given"
                raise Refused(
                    FailureCode.PLATFORM_ERROR,
                    f"the phone {self._endpoint.address} refused to {name}: {why}; look at the latest events, then "
                    "try again",
                )
        return answers[-1].text


class Phone:
    """`up` is set while commands can be given, `down` when that has ended; each is a new event each time.

    `why` they cannot is for agents and for the log; `last_words`, what the phone has printed before it ended, may hold
    what callers have sent.
    """

    def __init__(
        self,
        settings: SipSettings,
        place: Started | Attached,
        endpoints: Sequence[Endpoint],
        listener: Listener,
        connect: Connect = trio.open_tcp_stream,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._place = place
        self._endpoints = {bare(endpoint.uri): endpoint for endpoint in endpoints}
        self.listener = listener
        self._accounts: dict[str, str] = {}
        self._control: Control | None = None
        self._lock = trio.Lock()
        self._mute = 0
        self._was_up = False
        self._is_missed = False
        self._ended = False
        self.process: Process | None = None
        self.up = trio.Event()
        self.down = trio.Event()
        self.why = "it has not been started"
        self.last_words = ""

    @property
    def is_ours(self) -> bool:
        """Was it started here?"""
        return isinstance(self._place, Started)

    @property
    def traces(self) -> bool:
        return self.is_ours and self._settings.trace

    def __str__(self) -> str:
        phones = ", ".join(endpoint.address for endpoint in self._endpoints.values())
        return f"the phone of {phones}"

    # Being told

    @contextlib.asynccontextmanager
    async def turn(self, endpoint: Endpoint) -> AsyncIterator[Turn]:
        """Nobody else tells the phone anything meanwhile, and it is at this account. Raises Refused."""
        async with self._lock:
            control, account = self._control, self._accounts.get(bare(endpoint.uri))
            if control is None:
                raise Refused(
                    FailureCode.PLATFORM_UNAVAILABLE, f"{self} is away ({self.why}); try again when it is back"
                )
            if account is None:
                raise Refused(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    f"{self} does not have the account of {endpoint.address}; tell who runs this contact centre",
                )
            yield Turn(self, control, endpoint, account if len(self._accounts) > 1 else None)

    async def ask(
        self, control: Control, *commands: Command, at_once: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Raises Unsure where no answer comes; a phone that does not answer is connected anew."""
        try:
            return await control.commands(*commands, timeout_s=self._settings.command_s, at_once=at_once)
        except ControlLost:
            raise Unsure(
                FailureCode.PLATFORM_UNAVAILABLE,
                f"the connection to {self} was lost; what it did comes as events, try again then",
            ) from None
        except NoAnswer as mute:
            self.why = str(mute)
            control.abort(self.why)
            raise Unsure(
                FailureCode.PLATFORM_ERROR, f"{self} does not answer ({mute}); what it did comes as events"
            ) from None

    # Living

    async def run(self) -> None:
        """Until cancelled."""
        pause = _PAUSE_FIRST_S
        while True:
            begun = trio.current_time()
            if isinstance(self._place, Started):
                await self._live_if_it_can(self._place)
                for endpoint in self._endpoints.values():
                    self.listener.died(endpoint)
            elif not await self._be_connected(self._place.host, self._place.port):
                self._miss()
            pause = _PAUSE_FIRST_S if trio.current_time() - begun > _PAUSE_MOST_S else min(pause * 2, _PAUSE_MOST_S)
            await trio.sleep(pause)

    def _miss(self) -> None:
        """It is tried on and on, and said once."""
        if not self._is_missed:
            self._is_missed = True
            log.warning("sip_phone_away", agents=self._place.agents, why=self.why, done=_TRY_ON)

    async def _live_if_it_can(self, place: Started) -> None:
        """Of one that was up before it does not concern the others that it cannot be started now."""
        try:
            await self._live(place)
        except OSError as error:
            if not self._was_up:
                raise
            self.why = f"it cannot be started ({error.strerror or error})"
            self._miss()

    async def _live(self, place: Started) -> None:
        """One process, from its start to its end."""
        control = free_port(self._settings.address, place.taken)
        try:
            await self._live_at(PhonePorts(sip=place.sip_port, control=control), place)
        finally:
            place.taken.discard(control)

    async def _live_at(self, ports: PhonePorts, place: Started) -> None:
        write_config(place.folder, self._settings, place.modules, ports, place.account)
        trace = Trace()

        def take(line: str) -> None:
            if message := trace.take(line):
                self.listener.traced(message)

        command = [place.program, "-f", str(place.folder), *(["-s"] if self._settings.trace else [])]
        process = await Process.start(command, place.folder, take)
        self.process, self._mute = process, 0
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(process.read)
                nursery.start_soon(self._keep_connected, ports.control, process)
                ended = await process.wait()
                with trio.move_on_after(_LAST_WORDS_S):
                    await process.has_said_all.wait()
                self._ended = True
                self.why, self.last_words = f"it ended with {ended}", process.last_words
                log.warning("sip_phone_ended", agents=self._place.agents, why=self.why, done=_RESTART)
                log.debug("sip_phone_said", agents=self._place.agents, words=self.last_words)
                nursery.cancel_scope.cancel()
        finally:
            with trio.move_on_after(_END_S, shield=True):
                await process.end()

    async def _keep_connected(self, port: int, process: Process) -> None:
        """One connection after the other. A phone that cannot be connected to, or is mute, is made to end."""
        pause = _PAUSE_FIRST_S
        while self._mute < _MUTE_TIMES:
            begun = trio.current_time()
            if not await self._be_connected(CONTROL_HOST, port):
                break
            pause = _PAUSE_FIRST_S if trio.current_time() - begun > _PAUSE_MOST_S else min(pause * 2, _PAUSE_MOST_S)
            await trio.sleep(pause)
        log.warning("sip_phone_given_up", agents=self._place.agents, why=self.why, done=_MAKE_END)
        await process.end()

    async def _be_connected(self, host: str, port: int) -> bool:
        """One connection, from its beginning to its end. False where there was none."""
        stream = None
        with trio.move_on_after(self._settings.start_s):
            while stream is None:
                try:
                    stream = await self._connect(host, port)
                except OSError as error:
                    if not self._ended:  # its last words say more
                        remedy = "" if self.is_ours else f"; {_START_THERE}"
                        self.why = f"it does not take connections at {host}:{port} ({error}){remedy}"
                    await trio.sleep(_POLL_S)
        if stream is None:
            return False
        control = Control(stream, self._take)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._read, control, nursery.cancel_scope)
                await self._meet(control)
                while True:
                    await trio.sleep(_CHECK_S)
                    await self._look_round()
        except* Unsure:
            self._mute += 1
        except* Refused:
            self._mute += 1
            self.why = "it does not list its calls"
        finally:
            self._control = None
            if self.up.is_set():  # otherwise somebody may be waiting for it
                self.up = trio.Event()
                self.down.set()
        log.warning("sip_phone_lost", agents=self._place.agents, why=self.why, done=_CONNECT)
        if control.nonsense:
            log.debug("sip_phone_said", agents=self._place.agents, words=control.nonsense)
        return True

    async def _read(self, control: Control, scope: trio.CancelScope) -> None:
        self.why = await control.run()
        scope.cancel()

    async def _meet(self, control: Control) -> None:
        """Learn what the phone has, its accounts and its calls, before anybody tells it anything."""
        (registrations,) = await self.ask(control, ("reginfo", ""))
        accounts = accounts_of(registrations.text)
        self._accounts = {bare(account): account for account in accounts}
        self._control = control
        for agent, (account, endpoint) in zip(self._place.agents, self._endpoints.items(), strict=True):
            if account not in self._accounts:
                remedy = f"add an account {endpoint.uri} to the phone, or correct the agent's uri"
                log.warning("sip_account_missing", agent=agent, remedy=remedy)
        await self._look_round()
        if self._was_up or self._is_missed:
            calls = sum(len(endpoint.calls) for endpoint in self._endpoints.values())
            log.info("sip_phone_back", agents=self._place.agents, calls=calls)
        self._mute, self._was_up, self._is_missed, self._ended = 0, True, False, False
        self.down = trio.Event()
        self.up.set()

    async def _look_round(self) -> None:
        """What events have not told is found in the listing of calls."""
        for key, endpoint in self._endpoints.items():
            if key in self._accounts:
                async with self.turn(endpoint) as turn:
                    await turn.look()

    def _take(self, message: Mapping[str, Any]) -> None:
        event = event_of(message)
        endpoint = self._endpoints.get(bare(event.aor)) if event is not None else None
        if event is not None and endpoint is not None:
            self.listener.happened(endpoint, event)
