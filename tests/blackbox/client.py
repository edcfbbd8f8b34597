"""An agent desktop with a WebSocket library that is not the server's."""

import contextlib
import itertools
import json
import socket
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

import attrs
import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from engine.conformance.view import ClientView, JsonObject

PLAIN: Final = Subprotocol("agent-session.v1")
BATCHED: Final = Subprotocol("agent-session-batch.v1")
PATIENCE_S: Final = 10.0
PASSWORD: Final = "demo"

GROUP: Final = {"channelgroup": {"name": "Default", "chat": True, "email": True, "callback": True}}
"""To join the demo's group with all its media."""

_settling: Final = itertools.count(1)


class Desktop:
    """One connection, and the sessions that are bound by it. `read` what comes, and it is filed with its session.

    `frames_ahead`: how many frames are taken from the network before they are read; None is all that come.
    """

    def __init__(
        self,
        url: str,
        *,
        batched: bool = False,
        frames_ahead: int | None = None,
        offers: Sequence[str] = (),
        **more: Any,
    ) -> None:
        """`offers`: further subprotocols. `more` is for the library: headers, origin, ssl."""
        self.batched = batched
        self.sessions: dict[str, AgentSession] = {}
        self.notices: list[JsonObject] = []
        """Messages outside of any session's numbering, in the order of arrival."""
        self.frames = self.bytes = 0
        """What has come, as far as it has been read."""
        self._unread: deque[bytes] = deque()
        self._stack = contextlib.ExitStack()
        self._websocket = self._stack.enter_context(
            connect(
                url,
                subprotocols=[BATCHED if batched else PLAIN, *map(Subprotocol, offers)],
                compression=None,
                max_size=None,
                max_queue=frames_ahead,
                ping_interval=None,
                close_timeout=PATIENCE_S,
                proxy=None,
                **more,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye as the WebSocket protocol has it."""
        self._stack.close()

    def cut(self) -> None:
        """Drop the connection without a word."""
        self._websocket.socket.shutdown(socket.SHUT_RDWR)

    # Frames

    def send_text(self, text: str | bytes) -> None:
        """One text frame, whatever is in it."""
        self._websocket.send(text, text=True)

    def send_binary(self, data: bytes) -> None:
        self._websocket.send(data, text=False)

    def send(self, *messages: JsonObject) -> None:
        """All in one frame where the connection is batched, else in a frame each."""
        if self.batched:
            self.send_text(json.dumps(messages))
        else:
            for message in messages:
                self.send_text(json.dumps(message))

    def read(self) -> JsonObject:
        """The next message. Raises ConnectionClosed, and AssertionError when none comes."""
        while not self._unread:
            try:
                frame = self._websocket.recv(PATIENCE_S, decode=False)
            except TimeoutError:
                raise AssertionError(f"nothing came within {PATIENCE_S:g} s") from None
            self.frames += 1
            self.bytes += len(frame)
            self._unread.extend(
                map(bytes, msgspec.json.decode(frame, type=list[msgspec.Raw])) if self.batched else [frame]
            )
        raw = self._unread.popleft()
        message: JsonObject = json.loads(raw)
        session = self.sessions.get(str(message.get("target", "")).split(".")[0])
        if "seq" in message and session is not None:
            session.hear(raw, message)
        else:
            assert "seq" not in message, f"numbered, and for no session of this connection: {message}"
            self.notices.append(message)
            if message.get("data", {}).get("outcome") == "RESUMED" and session is not None:
                session.view.resumed(None)  # whatever was missed comes next
        return message

    def closed_with(self) -> tuple[int, str]:
        """Read to the end; the code and reason of the server's close frame, 1006 where there was none."""
        try:
            while True:
                self.read()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")

    # Outside of sessions

    def ask(self, command: str, target: str | None = None, data: object = None, **more: Any) -> JsonObject:
        """A request that is answered outside of any session's numbering, and its answer."""
        requestid = more.setdefault("requestid", f"ask-{next(_settling)}")
        self.send(message_of(command, target, data, **more))
        return self.answer(requestid)

    def answer(self, requestid: str) -> JsonObject:
        """The answer to such a request that was sent before."""
        while True:
            message = self.read()
            if message.get("requestid") == requestid and "seq" not in message:
                return message

    def answers_still(self) -> None:
        """The connection is usable: a request that can do no harm gets its answer."""
        assert code_of(self.ask("session.start", "nobody")) == "NOT_BOUND"

    def prepare(
        self, agent: str, *, override: bool = False, password: str = PASSWORD, groups: tuple[str, ...] = ()
    ) -> JsonObject:
        data = {"override": override, "agent": {"id": agent, "password": password}, "channelgroups": groups}
        return self.ask("prepareSession", data=data)

    def session_of(
        self, agent: str, *, override: bool = True, groups: tuple[str, ...] = (), password: str = PASSWORD
    ) -> "AgentSession":
        """A new session, bound here and not started."""
        prepared = self.prepare(agent, override=override, groups=groups, password=password)
        assert prepared["result"] == "success", prepared
        session = AgentSession(self, prepared["data"]["session"]["id"], prepared["data"]["resumetoken"])
        assert session.bind()["outcome"] == "NEW"
        return session


@attrs.define(eq=False)
class AgentSession:
    """One session as its client has it."""

    desktop: Desktop
    id: str
    token: str
    epoch: int = 0
    began: int = 0
    """The last message before this epoch."""
    view: ClientView = attrs.field(init=False)
    raw: dict[int, bytes] = attrs.field(factory=dict)
    """Every message as it came, by seq."""
    news: list[JsonObject] = attrs.field(factory=list)
    """Messages that nobody has taken yet; those that came before are not among them."""
    again: list[bytes] = attrs.field(factory=list)
    """Messages that came before, and came again."""
    _binding: bool = False
    """What comes before the answer was sent when this connection had the session last; all of it comes again."""
    _early: dict[int, bytes] = attrs.field(factory=dict)
    """Such messages, as they came."""

    def __attrs_post_init__(self) -> None:
        self.view = ClientView(self.id)

    def hear(self, raw: bytes, message: JsonObject) -> None:
        seq = message["seq"]
        before = self.raw.get(seq, self._early.get(seq, raw))
        assert raw == before, f"message {seq} came again with other bytes: {before!r}, {raw!r}"
        if self._binding:
            self._early[seq] = raw
            return
        self.view.take(message)
        if seq in self.raw:
            self.again.append(raw)
        else:
            self.raw[seq] = raw
            self.news.append(message)

    # Requests

    def target(self, path: str = "") -> str:
        return ".".join(filter(None, (self.id, path)))

    def send(self, command: str, path: str = "", data: object = None, **more: Any) -> None:
        self.desktop.send(message_of(command, self.target(path), data, **more))

    def do(self, command: str, path: str = "", data: object = None, **more: Any) -> list[JsonObject]:
        """Send one request; return all that came of it."""
        self.send(command, path, data, **more)
        return self.settle()

    def settle(self) -> list[JsonObject]:
        """All news of the session, once it has answered all requests sent so far.

        The session answers in order, so a request that nobody knows, sent behind the others, marks their end.
        """
        mark = f"settle-{next(_settling)}"
        self.send("session.settle", requestid=mark)
        while self.desktop.read().get("requestid") != mark:
            pass
        return [message for message in self.take_news() if message.get("requestid") != mark]

    def take_news(self) -> list[JsonObject]:
        news, self.news = self.news, []
        return news

    def wait_news(self, name: str) -> list[JsonObject]:
        """Read until an event of this name has come; return all news."""
        while all(message.get("name") != name for message in self.news):
            self.desktop.read()
        return self.take_news()

    def wait_login(self, channel: str, state: str) -> list[JsonObject]:
        """Read until the channel at this path has this login state; return all news."""
        while self.view.world()[f"{self.id}.{channel}"]["loginstate"] != state:
            self.desktop.read()
        return self.take_news()

    # Binding

    def bind(self, resume: JsonObject | None = None) -> JsonObject:
        """Bind to the connection, and note where the numbering goes on. Returns the success data."""
        self.desktop.sessions[self.id] = self
        self._binding = True
        response = self.desktop.ask("bindSession", self.id, {} if resume is None else {"resume": resume})
        self._binding = False
        assert response["result"] == "success", response
        bound: JsonObject = response["data"]
        assert bound["session"]["id"] == self.id
        self.epoch = bound["epoch"]
        if bound["outcome"] == "RESET":
            self.began = bound["seq"]
            self.view.start_anew(bound["seq"])
        elif resume is not None:
            self.view.resumed(resume["seq"])
        return bound

    def cursor(self, seq: int | None = None) -> JsonObject:
        """Where the client stands, or pretends to."""
        return {"token": self.token, "epoch": self.epoch, "seq": self.view.seq if seq is None else seq}

    def resume(self, desktop: Desktop, seq: int | None = None) -> JsonObject:
        """Bind from another connection, after the message `seq`, or the last that came."""
        self.desktop = desktop
        bound = self.bind(self.cursor(seq))
        assert bound["outcome"] == "RESUMED"
        return bound


def message_of(command: str, target: str | None = None, data: object = None, **more: Any) -> JsonObject:
    message: JsonObject = {"command": command}
    if target is not None:
        message["target"] = target
    if data is not None:
        message["data"] = data
    return {**message, **more}


def code_of(message: JsonObject) -> str:
    """The code of a failure, or the result it has instead."""
    code: str = (
        message["failure"]["code"] if message.get("result") == "failure" else message.get("result", "no response")
    )
    return code


def told(messages: list[JsonObject]) -> list[str]:
    """Messages in few words: responses as `command: result`, events as `name path`, without the session's id."""
    return [_told(message) for message in messages]


def _told(message: JsonObject) -> str:
    if "command" in message or "result" in message:
        return f"{message.get('command')}: {code_of(message)}"
    path = str(message["target"]).partition(".")[2]
    return f"{message['name']} {path}".strip()


def pair(path: str) -> list[str]:
    """The events that tell of a changed channel, in few words."""
    return [f"channel.infochanged {path}", f"state.updated {path}"]


def bracket(path: str) -> list[str]:
    """The events that tell of a new channel, in few words."""
    return [f"channel.created {path}", f"state.updated {path}", f"channel.initialized {path}"]


def channel_in(message: JsonObject) -> JsonObject:
    channel: JsonObject = message["data"]["channel"]
    return channel
