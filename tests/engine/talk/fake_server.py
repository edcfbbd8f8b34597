"""A server of sessions that are played, not lived: it answers from a list, and can be told to misbehave."""

import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import attrs
import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from protocol import schema

JsonObject = dict[str, Any]

SESSION: Final = "s1"
TOKEN: Final = "tkn"
PATIENCE_S: Final = 10.0
PLAIN: Final = Subprotocol(schema.PLAIN)
BATCHED: Final = Subprotocol(schema.BATCHED)


class Peer:
    """One connection, from the server's side."""

    def __init__(self, websocket: ServerConnection) -> None:
        self._websocket = websocket
        self._batched = websocket.subprotocol == BATCHED

    @property
    def bearer(self) -> str | None:
        """What it shows of itself in its handshake."""
        assert self._websocket.request is not None
        return self._websocket.request.headers.get("Authorization")

    def take(self) -> JsonObject:
        """The next request. Raises ConnectionClosed."""
        text = self._websocket.recv(PATIENCE_S)
        value = msgspec.json.decode(text)
        return value[0] if self._batched else value

    def take_text(self) -> str | bytes:
        return self._websocket.recv(PATIENCE_S)

    def send(self, *messages: JsonObject) -> None:
        """Messages, all in one frame where the connection is batched."""
        for frame in [list(messages)] if self._batched else messages:
            self.send_text(msgspec.json.encode(frame).decode())

    def send_text(self, text: str | bytes) -> None:
        self._websocket.send(text)

    def cut(self) -> None:
        """Lose the connection, without a close frame."""
        self._websocket.socket.shutdown(socket.SHUT_RDWR)

    def close(self, reason: str) -> None:
        self._websocket.close(1001, reason)


Play = Callable[[Peer], None]


class FakeServer:
    """Runs one play per connection, in turn; further connections are closed at once. `knock` may turn some away."""

    def __init__(
        self,
        *plays: Play,
        subprotocols: Sequence[Subprotocol] | None = (PLAIN, BATCHED),
        knock: Callable[[ServerConnection, Request], Response | None] | None = None,
    ) -> None:
        self._knock = knock
        self._plays = list(plays)
        self._subprotocols = subprotocols
        self._server: Server
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._server = serve(
            self._handle,
            "127.0.0.1",
            0,
            subprotocols=self._subprotocols,
            close_timeout=1,
            process_request=self._knock,
        )
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        if kind is None and self._failure is not None:
            raise self._failure

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/agent"

    def _handle(self, websocket: ServerConnection) -> None:
        if not self._plays:
            return
        try:
            self._plays.pop(0)(Peer(websocket))
        except ConnectionClosed:
            pass  # a play ends when its client goes
        except BaseException as error:
            self._failure = error
            raise


# Messages


def success(request: JsonObject, data: JsonObject | None = None, **more: Any) -> JsonObject:
    message = {key: request[key] for key in ("command", "target") if key in request}
    message["result"] = "success"
    if data is not None:
        message["data"] = data
    return {**message, "requestid": request.get("requestid"), **more}


def failure(request: JsonObject, code: str, told: str, **more: Any) -> JsonObject:
    return {
        **success(request),
        "result": "failure",
        "failure": {"code": code, "message": told},
        "original": request,
        **more,
    }


def bound(request: JsonObject, outcome: str = "NEW", seq: int = 0, epoch: int = 1) -> JsonObject:
    data = {"session": {"id": SESSION, "state": "PREPARED"}, "epoch": epoch, "seq": seq, "outcome": outcome}
    return success(request, data)


def log_in(peer: Peer) -> JsonObject:
    """Take and answer the two requests that bind a session; return the data of the first."""
    prepare = peer.take()
    assert prepare["command"] == "prepareSession"
    peer.send(success(prepare, {"session": {"id": SESSION}, "resumetoken": TOKEN}))
    bind = peer.take()
    assert (bind["command"], bind["target"]) == ("bindSession", SESSION)
    peer.send(bound(bind))
    data: JsonObject = prepare["data"]
    return data


def channel(endpoint: str, **state: Any) -> JsonObject:
    number = endpoint[-1]
    kind = "TELEPHONY" if endpoint.isdigit() else endpoint.partition("-")[0].upper()
    named = {"id": f"c{number}", "name": f"Line {endpoint}", "endpoint": endpoint, "type": kind, "modeltype": kind}
    return {**named, "loginstate": "INACTIVE", "interactions": [], **state}


def about(name: str, info: JsonObject) -> JsonObject:
    """An event that shows a channel whole."""
    return {"name": name, "target": f"{SESSION}.{info['id']}", "data": {"channel": info}}


def opened(target: str, *names: str) -> JsonObject:
    """A state.updated that opens capabilities."""
    changes = [{"name": name, "type": "enable"} for name in names]
    return {"name": "state.updated", "target": target, "data": changes, "state": {"loginstate": "INACTIVE"}}


STARTED: Final[tuple[JsonObject, ...]] = (
    about("channel.created", channel("4001")),
    opened(f"{SESSION}.c1", "channel.activate"),
    about("channel.initialized", channel("4001")),
    {
        "name": "session.initialized",
        "target": SESSION,
        "data": {
            "session": {
                "id": SESSION,
                "agent": {"id": "agent1", "name": "Agent 1"},
                "channelgroups": [],
                "channels": ["c1"],
                "capabilities": ["session.logout", "session.addchannel"],
            }
        },
    },
)
"""What session.start tells: one channel, 4001, that can be activated."""

Secondary = dict[str, Iterable[JsonObject]]


@attrs.define
class Session:
    """A session that keeps the protocol's promises: it numbers, names causes, and never does a requestid twice.

    `secondary` has the events that follow a command, all others succeed without; `refused` are failures' codes.
    """

    secondary: Secondary = attrs.field(factory=dict)
    refused: dict[str, str] = attrs.field(factory=dict)
    requests: list[JsonObject] = attrs.field(factory=list)
    """Those executed."""
    sent: list[JsonObject] = attrs.field(factory=list)
    """All numbered messages: number n is at n - 1."""
    _answers: dict[str, JsonObject] = attrs.field(factory=dict)

    def serve(self, peer: Peer) -> None:
        """Log in, and answer until the client goes."""
        log_in(peer)
        self.go_on(peer)

    def go_on(self, peer: Peer) -> None:
        while True:
            peer.send(*self.answer(peer.take()))

    def answer(self, request: JsonObject) -> list[JsonObject]:
        """All that one request brings about."""
        if request["command"] == "unbindSession":
            return [success(request)]
        requestid = request.get("requestid")
        if requestid in self._answers:
            return [self._answers[requestid]]
        self.requests.append(request)
        command = request["command"]
        if command in self.refused:
            return [self.number(failure(request, self.refused[command], "it is refused"))]
        response = self.number(success(request))
        self._answers[requestid or ""] = response
        events = [self.number({**event, "cause": requestid}) for event in self.secondary.get(command, ())]
        return [response, *events]

    def number(self, message: JsonObject) -> JsonObject:
        numbered = {**message, "seq": len(self.sent) + 1}
        self.sent.append(numbered)
        return numbered
