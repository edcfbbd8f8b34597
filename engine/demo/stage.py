"""Plays the demo's story against a server of its own: the agents over WebSocket, the customers over HTTP."""

import queue
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol

import attrs
import trio

from engine.config import DEMO_PASSWORD, Settings
from engine.demo.story import AGENTS, Caption, Outside, Seen, Step, Typed
from engine.simulation.client import Client as Control
from engine.talk.client import Client, Login, log_in
from engine.talk.digest import Moment
from engine.talk.errors import TalkError
from engine.talk.received import Received
from engine.talk.shorthand import Ask, parse
from protocol.strictjson import Json

START_S: Final = 20.0
"""How long the server may take to come up."""
STEP_S: Final = 30.0
"""How long what a step waits for may take: longer than any wrap-up of the demo."""


class Addresses(Protocol):
    """Where the server can be reached, once it is up."""

    @property
    def agent(self) -> str: ...
    @property
    def http(self) -> str: ...


class Serve(Protocol):
    """What runs a server until `stop` is set; `ready` is told when it is up."""

    def __call__(
        self, settings: Settings, *, ready: Callable[[Addresses], None], stop: trio.Event, data: Path, demo: bool
    ) -> Awaitable[None]: ...


class DemoError(Exception):
    """The demo cannot go on; the message says why, and what to do."""


class Server:
    """The embedded server in a thread of its own, on free ports. Use as a context manager, which stops it."""

    def __init__(self, serve: Serve, settings: Settings) -> None:
        self._serve = serve
        self._settings = settings
        self._up: queue.SimpleQueue[Addresses | BaseException] = queue.SimpleQueue()
        self._stop: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)

    def __enter__(self) -> Addresses:
        self._thread.start()
        try:
            outcome = self._up.get(timeout=START_S)
        except queue.Empty:
            raise DemoError(f"the server did not come up within {START_S:g} s; look at its log above") from None
        if isinstance(outcome, BaseException):
            raise DemoError(f"the server did not come up: {outcome}") from outcome
        return outcome

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._thread.join()

    def _run(self) -> None:
        async def serve() -> None:
            stop, token = trio.Event(), trio.lowlevel.current_trio_token()
            self._stop = lambda: token.run_sync_soon(stop.set)
            await self._serve(self._settings, ready=self._up.put, stop=stop, data=Path(), demo=True)

        try:
            trio.run(serve)
        except (Exception, BaseExceptionGroup) as error:
            self._up.put(error)


@attrs.frozen
class _Heard:
    who: str
    received: Received


class Stage:
    """The agents at their desktops, and the customers. `show` is given what the agents are told, as it comes."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._control = Control(addresses.http)
        self._clients: dict[str, Client] = {}
        self._heard: queue.SimpleQueue[_Heard | TalkError] = queue.SimpleQueue()
        self._begun = time.monotonic()
        self._open = ExitStack()
        self._ids: dict[str, str] = {}
        self._seen: Counter[Seen] = Counter()
        self.messages = 0
        """How many messages the agents were sent."""

    def __enter__(self) -> "Stage":
        for agent in AGENTS:
            client = self._open.enter_context(Client(self._addresses.agent, batched=False, tell=lambda sentence: None))
            login = Login(agent=agent, password=DEMO_PASSWORD)
            log_in(client, login, may_override=lambda _: True, show=lambda _: None)
            self._clients[agent] = client
            threading.Thread(target=self._listen, args=(agent, client), name=agent, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def play(
        self,
        steps: Iterable[Step],
        *,
        show: Callable[[Moment], None],
        say: Callable[[str], None],
        pause_s: float,
    ) -> None:
        """Take the steps one after the other, with a pause after each. Raises DemoError and TalkError."""
        for step in steps:
            match step:
                case Caption(text):
                    say(text)
                case Typed():
                    self._seen = Counter()
                    self._type(step)
                    self._wait(step, step.then, show)
                    self._listen_for(pause_s, show)
                case Outside():
                    self._seen = Counter()
                    self._happen(step)
                    self._wait(step, step.then, show)
                    self._listen_for(pause_s, show)

    def _type(self, step: Typed) -> None:
        client = self._clients[step.who]
        ask = parse(step.line)
        if not isinstance(ask, Ask):
            raise DemoError(f"{step.line} is no request")
        client.send_request(ask.resolve(client.view))

    def _happen(self, step: Outside) -> None:
        path = [part.format(**self._ids) for part in step.path]
        body: dict[str, Json] = dict(step.body)
        answer = self._control.post(*path, **body)
        if isinstance(answer, dict):
            self._ids.update({key: value for key, value in answer.items() if isinstance(value, str)})

    def _wait(self, step: Typed | Outside, wanted: tuple[Seen, ...], show: Callable[[Moment], None]) -> None:
        until = time.monotonic() + STEP_S
        answered = isinstance(step, Outside)
        while (missed := Counter(wanted) - self._seen) or not answered:
            heard = self._next(until - time.monotonic())
            if heard is None:
                missing = ", ".join(f"{each.event} at {each.who}" for each in missed)
                raise DemoError(f"{missing or 'the answer'} did not come within {STEP_S:g} s; run the demo again")
            answered |= self._take(heard, step, show)

    def _listen_for(self, seconds: float, show: Callable[[Moment], None]) -> None:
        until = time.monotonic() + seconds
        while (heard := self._next(until - time.monotonic())) is not None:
            self._take(heard, None, show)

    def _next(self, timeout_s: float) -> _Heard | None:
        try:
            heard = self._heard.get(timeout=max(timeout_s, 0.0))
        except queue.Empty:
            return None
        if isinstance(heard, TalkError):
            raise heard
        return heard

    def _take(self, heard: _Heard, step: Step | None, show: Callable[[Moment], None]) -> bool:
        """Show it, and note it; is it the answer to the step?"""
        message = heard.received.message
        self.messages += 1
        show(Moment(at_s=time.monotonic() - self._begun, who=heard.who, message=heard.received.redacted()))
        if message.get("result") == "failure":
            raise DemoError(f"{message['command']} was refused: {message['failure']['message']}")
        if name := message.get("name"):
            self._seen[Seen(who=heard.who, event=name)] += 1
        return heard.received.answers and isinstance(step, Typed) and step.who == heard.who

    def _listen(self, agent: str, client: Client) -> None:
        try:
            while (received := client.receive(None)) is not None:
                self._heard.put(_Heard(agent, received))
                if client.unbound.is_set():
                    return
        except TalkError as error:
            self._heard.put(error)
