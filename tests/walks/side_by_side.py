"""The core, the model and a client fed with the same inputs; every difference between them is an AssertionError."""

import json
import math
import string
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import attrs

from protocol.commands import find_command
from protocol.errors import FailureCode
from protocol.ids import SessionId
from protocol.messages import BadRequest, Request
from protocol.platform import ChannelReport, Feature, PlatformCall
from protocol.states import DisposalCause
from protocol.wire import encode, read_request
from statemachines.core import CoreSettings, SessionCore
from statemachines.effects import (
    Answered,
    Call,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    DesktopLost,
    Effect,
    End,
    Ended,
    Ignored,
    Input,
    Reported,
    RequestCame,
    Send,
    SendAgain,
)
from statemachines.world import Session
from tests.walks.client_view import ClientView, JsonObject
from tests.walks.model import Action, Model
from tests.walks.showing import comparable, expected_state, present, shown_state, world_of
from tests.walks.words import Asks, Denied, Granted, Settled, Thing, Told

SESSION: Final = "s-1"
BEGIN_S: Final = 1000.0

BEFORE_THE_STATE: Final = (FailureCode.NOT_STARTED, FailureCode.INVALID_TARGET, FailureCode.UNSUPPORTED)
"""What is checked before the capability."""

IDEMPOTENT: Final = (
    "channel.ready",
    "channelgroup.activate",
    "channelgroup.deactivate",
    "channelgroup.activateall",
    "channelgroup.deactivateall",
)
"""They succeed though closed, where what they ask for holds already."""

ENDED_UNDER: Final = {
    DisposalCause.PLATFORM_LOST: FailureCode.PLATFORM_UNAVAILABLE,
    DisposalCause.INTERNAL_ERROR: FailureCode.INTERNAL_ERROR,
}
"""What a request is answered that is under way when its session ends; INVALID_STATE for the other causes."""

ID_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "_-")


@attrs.define
class Doing:
    """What the core is busy with: who asked, how the model plays it, and how the platform has answered so far."""

    action: Action
    request: JsonObject | None = None
    outcomes: list[Granted | Denied] = attrs.field(factory=list)
    call: PlatformCall[Any] | None = None


class SideBySide:
    """One session in three readings. Each method is one input."""

    def __init__(self, features: frozenset[Feature], wanted: tuple[str, ...], settings: CoreSettings) -> None:
        self.features, self.wanted, self.settings = features, wanted, settings
        self.now = BEGIN_S
        self.core = self._new_core()
        self.model = Model(features=features, session=Thing("session", SESSION), wanted=wanted)
        self.model.logout_at = self.now + settings.logout_after_s
        self.client = ClientView(SESSION)
        self.doing: Doing | None = None
        self.requestids: set[str] = set()
        """Those that must never be executed again."""
        self.over = False
        self.seen: Counter[str] = Counter()
        """What came of the inputs, for the walk to show that it went far."""
        self._log: list[tuple[Input, float, tuple[Effect, ...]]] = []

    def _new_core(self) -> SessionCore:
        session = Session.prepare(SessionId(SESSION), "agent1", self.features, self.wanted)
        return SessionCore(session, self.settings, now=BEGIN_S)

    # Inputs between operations

    def request(self, message: JsonObject) -> None:
        """A request that is well-formed."""
        request = read_request(message)
        assert isinstance(request, Request), request
        assert request.name == message["command"]
        requestid = message.get("requestid")
        if requestid in self.requestids:
            self.seen["request repeated"] += 1
            assert self._feed(RequestCame(request)) == (SendAgain(str(requestid)),)
        else:
            name, target, data = request.command.name, message["target"], message.get("data", {})
            is_open = self.client.may(target, name)
            self.doing = Doing(lambda model: model.request(name, target, data), message)
            self._follow(RequestCame(request), is_open=is_open)

    def bad_request(self, message: JsonObject, code: FailureCode) -> None:
        """A message that is no request, for the reason that `code` says."""
        bad = read_request(message)
        assert isinstance(bad, BadRequest), bad
        self._refused_unexecuted(bad, message, code)

    def _refused_unexecuted(self, request: Request | BadRequest, message: JsonObject, code: FailureCode) -> None:
        effects = self._feed(RequestCame(request))
        assert [effect.requestid for effect in effects if isinstance(effect, Send)] == [None]
        (failure,) = self._messages(effects)
        self._check_failure(failure, message, frozenset({code}))

    def report(self, report: ChannelReport) -> None:
        """The platform tells of something possible, known or not."""
        events = self.model.reported(report)
        self.seen[f"report tells {len(events)} events"] += 1
        self._check_events(self._messages(self._feed(Reported(report))), events, cause=None)

    def impossible_report(self, report: ChannelReport) -> None:
        assert [type(effect) for effect in self._feed(Reported(report))] == [Ignored]

    def desktop_bound_anew(self) -> None:
        """By a desktop that has lost its history."""
        self.model.desktop_bound(reset=True)
        assert self._feed(DesktopBound(reset=True)) == ()
        self.client.start_anew(self.client.seq)
        self.seen["begun anew"] += 1

    # Inputs at any time

    def desktop_bound(self) -> None:
        self.model.desktop_bound(reset=False)
        assert self._feed(DesktopBound()) == ()

    def desktop_lost(self) -> None:
        self.model.desktop_lost(self.now)
        assert self._feed(DesktopLost()) == ()

    def wait(self, seconds: float) -> None:
        """Time passes, and the shell looks at the clock."""
        self.now += seconds
        if self.now >= self.core.next_deadline():
            assert self.doing is None
            what = Model.expire if self.model.expires(self.now) else Model.park
            self.seen[what.__name__] += 1
            self.doing = Doing(what)
            self._follow(DeadlineCame())

    def end(self, cause: DisposalCause) -> None:
        doing, self.doing = self.doing, None
        self.seen["ends in the middle" if doing else "ends between requests"] += 1
        *effects, last = self._feed(End(cause, "the end"))
        assert last == Ended(cause)
        messages = self._messages(effects)
        if doing is not None and doing.request is not None:
            code = ENDED_UNDER.get(cause, FailureCode.INVALID_STATE)
            self._check_failure(messages.pop(0), doing.request, frozenset({code}))
        self._check_events(messages, [("session.disposed", self.model.session)], cause=None)
        assert messages[0]["data"] == {"cause": cause, "message": "the end"}
        self._finish()

    # Inputs while the platform is asked

    def answer(self, answer: Any) -> None:
        """A sound answer to the call under way."""
        self._outcome(Granted(answer), Answered(answer))

    def nonsense(self, answer: Any) -> None:
        """An answer that no sound platform gives."""
        self._outcome(Denied(FailureCode.PLATFORM_ERROR), Answered(answer))

    def refuse(self, code: FailureCode) -> None:
        self._outcome(Denied(code), CallRefused(code, "not now; try again later"))

    def _outcome(self, outcome: Granted | Denied, given: Input) -> None:
        assert self.doing is not None
        self.doing.outcomes.append(outcome)
        self._follow(given)

    # How an operation goes on

    def _follow(self, given: Input, *, is_open: bool = False) -> None:
        """Feed one input of the operation under way, and hold what comes of it to the model's play."""
        doing = self.doing
        assert doing is not None
        effects = self._feed(given)
        world, play = self.model.play(doing.action, doing.outcomes)
        if doing.request is not None and not doing.outcomes:
            self._check_capability(doing.request, play, effects, is_open=is_open)
        if isinstance(play, Asks):
            self._check_call(effects, doing, play)
            return
        self.doing, self.model = None, world
        if play.over:
            assert effects[-1] == Ended(None if doing.request else DisposalCause.EXPIRED)
            effects = effects[:-1]
        messages = self._messages(effects)
        requestid = None
        if doing.request is not None:
            requestid = doing.request.get("requestid")
            remembered = {effect.requestid for effect in effects if isinstance(effect, Send) and effect.requestid}
            assert remembered == {requestid} - {None}
            self.requestids |= remembered
            self._check_response(messages.pop(0), doing.request, play)
        self._check_events(messages, play.events, cause=requestid)
        if play.over:
            self._finish()

    def _check_call(self, effects: tuple[Effect, ...], doing: Doing, asks: Asks) -> None:
        (effect,) = effects
        assert isinstance(effect, Call), f"the model asks {asks}, the core says {effect}"
        fields = {name: getattr(effect.call, name) for name in asks.fields}
        assert (type(effect.call).__name__, fields) == (asks.call, asks.fields)
        doing.call = effect.call

    def _check_capability(
        self, request: JsonObject, play: Asks | Settled, effects: tuple[Effect, ...], *, is_open: bool
    ) -> None:
        """What is announced as open is never refused with INVALID_STATE; what is not always is, unless it holds."""
        name = _canonical(request)
        code = getattr(getattr(getattr(effects[0], "message", None), "failure", None), "code", None)
        if name == "session.start" or code in BEFORE_THE_STATE:
            return
        if code == FailureCode.INVALID_STATE:
            assert not is_open, f"{name} is announced as open, and refused with INVALID_STATE"
        else:
            assert is_open or name in IDEMPOTENT, f"{name} is not announced as open, and went on: {effects[0]}, {play}"

    def _check_response(self, response: JsonObject, request: JsonObject, play: Settled) -> None:
        name = _canonical(request)
        self.seen[f"{name}: {response.get('failure', {}).get('code', 'success')}"] += 1
        if play.codes:
            self._check_failure(response, request, play.codes)
            culprit = {"id": play.culprit.id} if play.culprit else None
            assert response["failure"].get("channel") == culprit
            self.seen.update(["partial effects"] if play.events else [])
            return
        assert response["result"] == "success", f"the model expects a success of {request}, not {response}"
        for field in ("command", "target", "requestid"):
            assert response.get(field) == request.get(field)
        assert "original" not in response
        self._check_success_data(name, response, request)

    def _check_success_data(self, name: str, response: JsonObject, request: JsonObject) -> None:
        echo, data = request.get("data", {}), response.get("data")
        match name.split("."):
            case ["session", "request", "getdirectory"]:
                assert data is not None
                assert set(data) == {*echo, "entries"}
            case ["session", "request", _] | ["channel", "externaldispositions"]:
                assert data == {}
            case ["channelgroup", "activateall" | "deactivateall" | "ready" | "notready"]:
                group = self.model.find(request["target"])
                assert group is not None
                channels = [
                    present(id=channel.id, loginstate=channel["loginstate"], agentstate=channel["agentstate"])
                    for channel in self.model.channels(group)
                ]
                assert data == {**echo, "channels": channels}
            case ["session", "start" | "logout"] | ["channel", _]:
                assert data is None
            case _:
                assert data == echo

    # Checks of messages

    def _feed(self, given: Input) -> tuple[Effect, ...]:
        effects = self.core.handle(given, now=self.now)
        self._log.append((given, self.now, effects))
        return effects

    def _messages(self, effects: Iterable[Effect]) -> list[JsonObject]:
        """The messages as a client decodes them; the client follows them all."""
        found = []
        for effect in effects:
            if not isinstance(effect, Ignored):
                assert isinstance(effect, Send), effect
                message = json.loads(encode(effect.message, seq=effect.seq, context=effect.context))
                assert ("context" in message) == (self.settings.debug and "target" in message)
                self.client.take(message)
                found.append(message)
        return found

    def _check_failure(self, message: JsonObject, request: JsonObject, codes: frozenset[FailureCode]) -> None:
        assert message.get("result") == "failure", f"expected one of {codes} for {request}, got {message}"
        assert message["failure"]["code"] in codes, f"{message['failure']}, expected one of {codes}"
        assert ("context" in message["failure"]) == self.settings.debug
        assert message["original"] == request
        for field in ("command", "target", "requestid"):
            if field in message:
                assert message[field] == request[field]

    def _check_events(self, messages: list[JsonObject], told: Told, cause: str | None) -> None:
        names, expected = [message.get("name") for message in messages], [name for name, _ in told]
        assert names == expected, f"the model tells {expected}, the core {names}"
        for message, (name, thing) in zip(messages, told, strict=True):
            if thing.target is None:
                self._learn_target(thing, message["target"])
            assert message["target"] == thing.target, f"{name} for {message['target']}, expected {thing.target}"
            assert message.get("cause") == cause
            if thing.kind == "channel" and name in ("channel.created", "channel.initialized", "channel.infochanged"):
                assert shown_state(message["data"]["channel"]) == expected_state(thing)

    def _learn_target(self, thing: Thing, target: str) -> None:
        parent, _, own = target.rpartition(".")
        assert thing.parent is not None
        assert parent == thing.parent.target
        assert set(own) <= ID_CHARACTERS
        thing.target = target

    # What holds between any two inputs

    def check(self) -> None:
        if self.over:
            return
        expected = math.inf if self.doing else min(self.model.not_ready_at, self.model.logout_at)
        assert self.core.next_deadline() == expected
        assert self.core.busy == (self.doing is not None)
        assert self.core.seq == self.client.seq
        if self.doing is None:
            self._check_worlds()

    def _check_worlds(self) -> None:
        self.client.check_settled()
        held = world_of(self.core.session)
        initialized = self.model.state == "INITIALIZED"  # else nobody has been told, or is told anew
        assert self.client.world() == (held if initialized else {}), "a client can rebuild the world"
        assert self.core.session.state == self.model.state
        assert self.client.initialized == initialized
        assert self.client.capabilities == self.model.capabilities(self.model.session)
        assert set(held) == {thing.target for thing in self.model.things}
        for thing in self.model.things:
            info = held[str(thing.target)]
            assert info["capabilities"] == self.model.capabilities(thing) or not initialized
            assert info["name"] == thing["name"]
            if thing.kind == "channel":
                assert (info["endpoint"], info["type"]) == (thing["endpoint"], thing["type"])
                assert shown_state(info) == expected_state(thing)

    def _finish(self) -> None:
        self.over = True
        assert self.client.over
        self.check_replay()

    def check_replay(self) -> None:
        """The same inputs give the same outputs."""
        twin = self._new_core()
        for given, now, effects in self._log:
            assert comparable(twin.handle(given, now=now)) == comparable(effects)


def _canonical(request: JsonObject) -> str:
    command = find_command(request["command"])
    assert command is not None
    return command.name
