"""The client's side of one session: connects, logs in, sends, receives, and comes back when the connection is lost.

One thread receives; any may send. A request that got no response before the loss is sent again after a resumption,
with the same requestid, so that it is never executed twice. Source: specs/protocol.md, "Losing the transport".
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

import attrs
import msgspec
from websockets.exceptions import ConnectionClosed, WebSocketException

from engine.talk.dialing import OPEN_S, Dialing, retry_after
from engine.talk.errors import TalkError
from engine.talk.kept import Kept, Place
from engine.talk.received import Received
from engine.talk.view import JsonObject, View
from protocol.endpoint import come_back_after
from protocol.errors import FailureCode
from protocol.results import BindOutcome

RESPONSE_S: Final = 30.0
"""How long a response may take: longer than a server waits for its CTI platform."""
RUN_AGAIN: Final = "run `ixp talk` again"
COME_BACK_S: Final = 60.0
"""How long a lost connection is tried again."""
PAUSE_FIRST_S: Final = 0.1
PAUSE_MOST_S: Final = 2.0


class Client:
    """One connection with one session, whose state is in `view`. Use as a context manager, which closes it.

    `tell` is called with sentences about the connection: on the receiving thread, or on the one that sends.
    `bearer` is a token, or the key of a service, that is shown whenever it connects. `kept` keeps the session.
    """

    def __init__(
        self,
        url: str,
        *,
        batched: bool,
        tell: Callable[[str], None],
        bearer: str | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.view = View()
        self.unbound = threading.Event()
        """Set while this client does not hold its session: before the binding, and after the end."""
        self.unbound.set()
        self.kept = kept
        self._dialing = Dialing(url=url, batched=batched, bearer=bearer)
        self._tell = tell
        self._closing = threading.Event()
        self._lost = threading.Event()
        """Set from the loss of the connection until the session is bound on a new one."""
        self._open = ExitStack()
        self._arrived: deque[Received] = deque()
        self._requests = 0
        self._talk = ""
        """What sets the requestids of this talk apart from those of earlier ones of the session."""
        self._pending: dict[str, JsonObject] = {}
        self._resend_at: int | None = None
        """The seq that ends the replay of a resumption, after which unanswered requests are sent again."""
        self._token = self._prepared_token = ""
        self._epoch = 0
        self._seq = 0
        self._connection = self._dialing.dial_first(self._open)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def lost(self) -> bool:
        """Is there no connection at the moment?"""
        return self._lost.is_set()

    @property
    def behind(self) -> bool:
        """Has not all come yet that was missed before a resumption?"""
        return self._resend_at is not None

    @property
    def url(self) -> str:
        return self._dialing.url

    def close(self) -> None:
        """Close the connection; `receive` returns None from now on."""
        self._closing.set()
        self._open.close()

    # Out

    def send(self, command: str, target: str | None = None, data: JsonObject | None = None) -> str:
        """Send a request under a requestid of its own, which is returned."""
        request: JsonObject = {"command": command}
        if target is not None:
            request["target"] = target
        return self.send_request({**request, "data": data or {}})

    def send_resume(self, kept: Kept, place: Place) -> str:
        """Know all that was told before of the session that is kept, and send the request that resumes it."""
        self.view.begin(place.session)
        for at, message in kept.told:
            self.view.take(message, time.monotonic() - max(0.0, time.time() - at))
        self._token, self._epoch, self._seq = place.token, place.epoch, kept.seq
        self._talk = str(kept.count_talk())
        return self.send("bindSession", place.session, {"resume": self._cursor()})

    def send_request(self, request: JsonObject, requestid: str | None = None) -> str:
        """As `send`, for a request that is complete; under a requestid used before it is only answered again."""
        if requestid is None:
            self._requests += 1
            requestid = f"{self._talk}t{self._requests}"
        self._pending[requestid] = {**request, "requestid": requestid}
        # What cannot be sent stays pending: the receiving thread meets the loss as well, and sends it again.
        if self.lost or not self._put(self._pending[requestid]):
            self._tell(f"there is no connection at the moment; {request['command']} is sent when it is back")
        return requestid

    def send_raw(self, text: str) -> None:
        """Send a text exactly as it is. Raises TalkError when there is no connection at the moment."""
        try:
            sent = not self.lost
            if sent:
                self._connection.send(f"[{text}]" if self._dialing.batched else text)
        except ConnectionClosed:
            sent = False
        if not sent:
            raise TalkError("the connection is lost, so the line was not sent; send it again later")

    def _put(self, request: JsonObject) -> bool:
        """Could it be sent?"""
        text = msgspec.json.encode([request] if self._dialing.batched else request).decode()
        try:
            self._connection.send(text)
        except ConnectionClosed:
            return False
        return True

    # In

    def receive(self, timeout_s: float | None) -> Received | None:
        """The next message; None when none came in time, or the client is closed. Raises TalkError."""
        while not self._arrived:
            try:
                frame = self._connection.recv(timeout=timeout_s)
            except TimeoutError:
                return None
            except ConnectionClosed as closed:
                if self._closing.is_set() or not self._come_back(closed):
                    return None
            else:
                self._arrived.extend(self._messages(frame))
        received = self._arrived.popleft()
        self._learn(received.message)
        self.view.take(received.message, time.monotonic())
        if self.kept is not None:
            self.kept.take(received)
        self._resend()
        return received

    def wait_for(
        self, fits: Callable[[Received], bool], show: Callable[[Received], None], within_s: float
    ) -> Received | None:
        """Receive, and show, until a message fits, which is returned; None when none did in time."""
        until = time.monotonic() + within_s
        while (left_s := until - time.monotonic()) > 0 and (received := self.receive(left_s)) is not None:
            show(received)
            if fits(received):
                return received
        return None

    def _messages(self, frame: str | bytes) -> list[Received]:
        try:
            texts = msgspec.json.decode(frame, type=list[msgspec.Raw]) if self._dialing.batched else [frame]
            return [Received(_as_text(text), msgspec.json.decode(text, type=JsonObject)) for text in texts]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise TalkError(
                f"{self._dialing.url} sent what the protocol does not know ({error}); "
                "give the URL of an agent-session server"
            ) from None

    def _learn(self, message: JsonObject) -> None:
        match message:
            case {"result": str(), "requestid": str(requestid)}:
                self._pending.pop(requestid, None)
        match message:
            case {
                "command": "prepareSession",
                "result": "success",
                "data": {"session": {"id": str(session)}, "resumetoken": str(token)},
            }:
                self._prepared(session, token)
            case {"command": "bindSession", "result": "success", "target": str(target)} if target == self.view.prepared:
                self._go_over(target)
                self._learn_of_session(message)
            case {"target": str(target)} if target.partition(".")[0] == self.view.session:
                self._learn_of_session(message)

    def _prepared(self, session: str, token: str) -> None:
        """A session that is not bound yet. Lines go on to the one that is, if there is one."""
        self.view.prepared, self._prepared_token = session, token
        if self.view.session:
            self._tell(
                f"the session {session} is prepared; lines still go to {self.view.session}, "
                "until bindSession goes over to the new one"
            )

    def _go_over(self, session: str) -> None:
        if self.view.session:
            self._tell(f"lines go to the session {session} from now on, and no more to {self.view.session}")
        self._token, self.view.prepared = self._prepared_token, ""
        self._seq = 0
        self._pending = {
            requestid: request for requestid, request in self._pending.items() if request.get("target") == session
        }
        self.view.begin(session)

    def _learn_of_session(self, message: JsonObject) -> None:
        match message:
            case {
                "command": "bindSession",
                "result": "success",
                "data": {"epoch": int(epoch), "seq": int(seq), "outcome": outcome},
            }:
                self._bound(epoch, seq, outcome)
            case {"command": str(command), "result": "success"}:
                if command.replace(".request.", ".") in ("unbindSession", "session.logout"):
                    self.unbound.set()
            case {"name": "session.unbound" | "session.disposed"}:
                self.unbound.set()
        match message:
            case {"seq": int(seq)}:
                self._seq = max(self._seq, seq)

    def _bound(self, epoch: int, seq: int, outcome: str) -> None:
        self.unbound.clear()
        self._epoch = epoch
        if outcome == BindOutcome.RESUMED:
            self._tell(f"RESUMED: {seq - self._seq} messages were missed, and follow")
            self._resend_at = seq
            return
        self._seq = seq
        if outcome == BindOutcome.RESET:
            lost = ", ".join(request["command"] for request in self._pending.values())
            self._pending.clear()
            self._tell("RESET: the history is gone; send session.start to be told what exists now")
            if lost:
                self._tell(f"whether these were done, nobody knows: {lost}; look, then send them again")

    def _resend(self) -> None:
        if self._resend_at is not None and self._seq >= self._resend_at:
            self._resend_at = None
            for request in tuple(self._pending.values()):
                self._put(request)

    # The connection

    def _come_back(self, closed: ConnectionClosed) -> bool:
        """Connect again and resume. False when the client was closed meanwhile. Raises TalkError."""
        if self.unbound.is_set():
            raise TalkError(f"the server has closed the connection ({_why(closed)}); {RUN_AGAIN}")
        self._lost.set()
        self._tell(f"the connection is lost ({_why(closed)}); trying to come back for {COME_BACK_S:g} s")
        until = time.monotonic() + COME_BACK_S
        asked = come_back_after(closed.rcvd.reason) if closed.rcvd else None
        pause_s = PAUSE_FIRST_S if asked is None else min(asked, COME_BACK_S)
        while not self._closing.wait(pause_s):
            self._open.close()
            try:
                self._connection = self._dialing.dial(self._open)
                self._bind_again()
            except (OSError, WebSocketException) as error:
                if time.monotonic() > until:
                    raise TalkError(
                        f"{self._dialing.url} could not be reached again within {COME_BACK_S:g} s ({_told(error)}); "
                        f"{RUN_AGAIN} when it is back"
                    ) from None
                pause_s = max(min(2 * pause_s, PAUSE_MOST_S), min(retry_after(error), COME_BACK_S))
            else:
                self._lost.clear()
                return True
        return False

    def _bind_again(self) -> None:
        self._put({"command": "bindSession", "target": self.view.session, "data": {"resume": self._cursor()}})
        # The response is the first message on a connection that has sent nothing else.
        arrived = self._messages(self._connection.recv(timeout=OPEN_S))
        match arrived[0].message:
            case {"result": "failure", "failure": {"code": code, "message": message}}:
                if self.kept is not None and code == FailureCode.INVALID_TARGET:
                    self.kept.forget(self.view.session)
                raise TalkError(f"the server is back, and the session is gone ({_cause(message)}); {RUN_AGAIN}")
        self._arrived.extend(arrived)

    def _cursor(self) -> JsonObject:
        return {"token": self._token, "epoch": self._epoch, "seq": self._seq}


def _why(closed: ConnectionClosed) -> str:
    """Why a connection was closed: what the server said, if it said anything."""
    said = closed.rcvd
    return (said.reason or f"close code {said.code}") if said else "without a word from the server"


def _cause(message: str) -> str:
    """What is wrong; what follows is a remedy for programs."""
    return message.partition("; ")[0]


def _told(error: Exception) -> str:
    return str((isinstance(error, OSError) and error.strerror) or error)


def _as_text(text: str | bytes | msgspec.Raw) -> str:
    return text if isinstance(text, str) else bytes(text).decode()


@attrs.frozen(kw_only=True)
class Login:
    """Who to be. `override`: end a session that the agent has elsewhere. `groups`: names of groups to join at once.

    `bearer` is shown instead of the password: a token, or the key of a service.
    """

    agent: str
    password: str = attrs.field(repr=False)
    bearer: str | None = attrs.field(default=None, repr=False)
    override: bool = False
    groups: tuple[str, ...] = ()


def log_in(
    client: Client, login: Login, *, may_override: Callable[[str], bool], show: Callable[[Received], None]
) -> None:
    """Resume the session that is kept, else prepare and bind one; `may_override` is asked when the agent has one.

    Raises TalkError.
    """

    def ask(command: str, target: str | None = None, data: JsonObject | None = None) -> JsonObject:
        return answered(command, client.send(command, target, data))

    def answered(command: str, requestid: str) -> JsonObject:
        received = client.wait_for(lambda each: each.message.get("requestid") == requestid, show, RESPONSE_S)
        if received is None:
            raise TalkError(f"no response to {command} within {RESPONSE_S:g} s; look at the server's log")
        match received.message:
            case {"result": "failure", "failure": {"code": FailureCode.INVALID_TARGET, "message": message}} if kept:
                raise TalkError(
                    f"the session that {kept.path} keeps cannot be resumed ({_cause(message)}); "
                    "begin a new one with --override"
                )
            case {"result": "failure", "failure": {"message": message}}:
                raise TalkError(f"{command} was refused for {login.agent}: {message}")
        return received.message

    kept = client.kept
    if kept is not None and kept.place is not None and not login.override:
        answered("bindSession", client.send_resume(kept, kept.place))
        return
    agent: JsonObject = {"id": login.agent}
    if login.bearer is None:
        agent["password"] = login.password
    data: JsonObject = {"override": login.override, "agent": agent}
    if login.groups:
        data["channelgroups"] = list(login.groups)
    prepared = ask("prepareSession", data=data)
    if prepared["result"] == "confirm":
        if not may_override(prepared["message"]):
            raise TalkError(
                f"{login.agent} has a session already, perhaps one that was left with quit; "
                "take it over with --override"
            )
        ask("prepareSession", data={**data, "override": True})
    if kept is not None:
        kept.make_room(client.url, login.agent)
    ask("bindSession", client.view.prepared)
