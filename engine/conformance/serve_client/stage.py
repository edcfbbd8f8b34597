"""Where trials are played: the connections of the desktop under test, all of which the watch sees, and what is done
to what passes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import attrs
import trio
from websockets.frames import Frame, Opcode

from engine.conformance.line import frame
from engine.conformance.messages import JsonObject
from engine.conformance.relay import Link, Unchanged
from engine.conformance.serve_client.watch import Life, Watch

UNKNOWN_EPOCH: Final = 1_000_000


class NotTried(Exception):
    """What the trial is about did not come up; the message says what to do at the desktop."""


class Act(Protocol):
    async def __call__(self, passing: "Passing") -> Sequence[JsonObject]:
        """What goes to the desktop in the place of a message of the server."""
        ...


@attrs.frozen(kw_only=True)
class Passing:
    """A message on its way to the desktop. `life` is its session, where it has a number; `before` the one before it."""

    handler: "Handler"
    message: JsonObject
    life: Life | None
    before: JsonObject | None

    @property
    def is_answer(self) -> bool:
        return self.life is not None and "result" in self.message

    @property
    def is_event(self) -> bool:
        return self.life is not None and "name" in self.message


async def as_it_is(passing: Passing) -> Sequence[JsonObject]:
    return [passing.message]


@attrs.define(eq=False)
class Stage:
    """`patience_s`: how long a desktop may take to do what it must do by itself; `person_s`: and a person at it."""

    upstream: str
    patience_s: float
    person_s: float
    watch: Watch = attrs.field(factory=Watch)
    act: Act = as_it_is
    """What the trial does."""
    handlers: list["Handler"] = attrs.field(factory=list)
    parted: int = 0
    """How many connections with a session at work the desktop has ended by itself."""
    passed: int = 0
    """How many messages of sessions were passed on."""
    cut_at: dict[str, float] = attrs.field(factory=dict)
    """Sessions whose connection was cut and that are not bound again, with the time."""
    unknown_epoch: bool = False
    """The server is told of an epoch that it does not know: it answers RESET."""
    outcomes: list[tuple[str, str]] = attrs.field(factory=list)
    """Of the bindings: session and outcome."""
    done: int = 0
    """How often something unusual was done."""
    _pings: int = 0
    _news: trio.Event = attrs.field(factory=trio.Event)

    def __attrs_post_init__(self) -> None:
        self.watch.tell = self.tell

    def connection(self, link: Link) -> "Handler":
        handler = Handler(self, link)
        self.handlers.append(handler)
        self.tell()
        return handler

    def tell(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def until(self, there: Callable[[], bool], seconds: float) -> bool:
        """Was it there in time?"""
        with trio.move_on_after(seconds):
            while not there():
                await self._news.wait()
        return there()

    def at_work(self) -> Life | None:
        """A session that the desktop works in now."""
        for life in self.watch.lives.values():
            bound = isinstance(life.bound, Handler) and not life.bound.ended
            if bound and life.view.initialized and life.over_at is None:
                return life
        return None

    async def someone_at_work(self) -> Life:
        """Raises NotTried."""
        await self.until(lambda: self.at_work() is not None, self.person_s)
        if (life := self.at_work()) is None:
            raise NotTried("no desktop has started a session; connect it, and log in")
        return life

    async def cut(self, handler: "Handler", first: bytes = b"") -> None:
        """Without a word; `first` is said before, half a frame say."""
        now = trio.current_time()
        for life in self.watch.lives.values():
            if life.bound is handler and life.over_at is None:
                self.cut_at[life.id] = now
        handler.cut = True
        if first:
            await handler.link.send_client(first)
        await handler.link.cut()

    async def came_back(self, life: Life, outcome: str, begun: int) -> bool:
        """Has it bound its session again, with this outcome, since there were so many? If not, that is its fault."""
        if await self.until(lambda: (life.id, outcome) in self.outcomes[begun:], self.patience_s):
            return True
        self.watch.fault("CL-6", f"it has not resumed its session within {self.patience_s:g} s")
        return False

    async def check_pong(self, handler: "Handler") -> None:
        """A desktop that has ended the connection owes none."""
        self._pings += 1
        payload = f"conformance {self._pings}"
        await handler.link.send_client(frame(Opcode.PING, payload.encode(), masked=False))
        if not await self.until(lambda: payload in handler.pongs or handler.ended, self.patience_s):
            self.watch.fault("CL-11", f"a ping was not answered within {self.patience_s:g} s")


@attrs.define(eq=False)
class Handler(Unchanged):
    """One connection of the desktop."""

    stage: Stage
    link: Link
    ended: bool = False
    cut: bool = False
    """It was ended from here."""
    pongs: list[str] = attrs.field(factory=list)
    silent: trio.Event | None = None
    """Nothing passes to the desktop before that."""

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        watch = self.stage.watch
        watch.asked(self, message)
        if message.get("command") != "bindSession":
            return [message]
        life = watch.lives.get(str(message.get("target")))
        data = message.get("data")
        resume = data.get("resume") if isinstance(data, Mapping) else None
        if life is None or not isinstance(resume, Mapping):
            return [message]
        if (cut_at := self.stage.cut_at.pop(life.id, None)) is not None:
            watch.check_resume(life, resume, cut_at)
        return [{**message, "data": {**message["data"], "resume": self._resume(life, resume)}}]

    def _resume(self, life: Life, resume: Mapping[str, Any]) -> JsonObject:
        """As the server knows it."""
        told = dict(resume)
        if isinstance(told.get("seq"), int):
            told["seq"] = life.numbering.inner(told["seq"])
        if self.stage.unknown_epoch and isinstance(told.get("epoch"), int):
            told["epoch"] += UNKNOWN_EPOCH
            self.stage.unknown_epoch = False
        return told

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        stage = self.stage
        if self.silent is not None:
            await self.silent.wait()
        life = stage.watch.lives.get(str(message.get("target")).split(".")[0]) if "seq" in message else None
        before, said = life.last if life is not None else None, message
        if message.get("command") == "bindSession" and message.get("result") == "success":
            message = self._bound(message)
        out = list(await stage.act(Passing(handler=self, message=message, life=life, before=before)))
        if self.cut:
            return []
        # Not before: what is still under way the desktop cannot know.
        stage.watch.answered(self, said)
        return [each for one in out for each in self.numbered(one)]

    def _bound(self, message: JsonObject) -> JsonObject:
        data = message["data"]
        life = self.stage.watch.lives.get(data["session"]["id"])
        if life is None:
            return message
        self.stage.outcomes.append((life.id, data["outcome"]))
        self.stage.tell()
        return {**message, "data": {**data, "seq": life.numbering.outer(data["seq"])}}

    def numbered(self, message: JsonObject) -> list[JsonObject]:
        life = self.stage.watch.lives.get(str(message.get("target")).split(".")[0])
        if "seq" not in message or life is None:
            return [message]
        passed = life.numbering.passed(message)
        life.sent += [(trio.current_time(), each["seq"]) for each in passed]
        self.stage.passed += len(passed)
        self.stage.tell()
        return passed

    async def frames_from_client(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        self.pongs += [bytes(each.data).decode(errors="replace") for each in frames if each.opcode is Opcode.PONG]
        self.stage.tell()
        return frames

    def client_ended(self) -> None:
        self.ended = True
        at_work = any(life.bound is self and life.over_at is None for life in self.stage.watch.lives.values())
        if at_work and not self.cut:
            self.stage.parted += 1
        self.stage.tell()
