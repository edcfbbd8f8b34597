"""The core, the model and a client fed with the same inputs; every difference between them is an AssertionError."""

import math
from typing import Any, Final

import attrs

from engine.conformance.view import ClientView, JsonObject
from protocol.errors import FailureCode
from protocol.ids import SessionId
from protocol.messages import BadRequest, Request
from protocol.platform import ChannelReport, Feature, InteractionReport, PlatformCall, Post, Report
from protocol.states import DisposalCause
from protocol.wire import read_request
from statemachines.core import SessionCore
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
from statemachines.older import left_of
from statemachines.settings import CoreSettings
from statemachines.world import Session
from tests.walks.checks import Checks
from tests.walks.model import Action, Model
from tests.walks.older import left_beside
from tests.walks.showing import comparable
from tests.walks.words import Asks, Denied, Granted, Tell, Thing, Told

SESSION: Final = "s-1"
BEGIN_S: Final = 1000.0

ENDED_UNDER: Final = {
    DisposalCause.PLATFORM_LOST: FailureCode.PLATFORM_UNAVAILABLE,
    DisposalCause.INTERNAL_ERROR: FailureCode.INTERNAL_ERROR,
}
"""What a request is answered that is under way when its session ends; INVALID_STATE for the other causes."""


@attrs.define
class Doing:
    """What the core is busy with: who asked, how the model plays it, and how the platform has answered so far."""

    action: Action
    request: JsonObject | None = None
    outcomes: list[Granted | Denied] = attrs.field(factory=list)
    call: PlatformCall[Any] | None = None


class SideBySide(Checks):
    """One session in three readings. Each method is one input."""

    def __init__(self, features: frozenset[Feature], wanted: tuple[str, ...], settings: CoreSettings) -> None:
        model = Model(features=features, session=Thing("session", SESSION), wanted=wanted)
        self.wanted = wanted
        super().__init__(features, settings, _new_core(features, wanted, settings), model, ClientView(SESSION))
        self.now = model.now = BEGIN_S
        self.model.logout_at = self.now + settings.logout_after_s
        self.doing: Doing | None = None
        self.answered: dict[str, int] = {}
        """The requestids that must never be executed again, each with the number of its response."""
        self.waiting: list[Report] = []
        """What the platform has told while it was asked."""
        self.over = False
        self._log: list[tuple[Input, float, tuple[Effect, ...]]] = []
        self._checked = 0
        """How many inputs had come when the worlds were compared."""

    # Inputs between operations

    def request(self, message: JsonObject) -> None:
        """A request that is well-formed."""
        request = read_request(message)
        assert isinstance(request, Request), request
        assert request.name == message["command"]
        requestid = message.get("requestid")
        if requestid in self.answered:
            self.seen["request repeated"] += 1
            assert self._feed(RequestCame(request)) == (SendAgain(self.answered[requestid]),)
        else:
            name, target, data = request.command.name, message["target"], message.get("data", {})
            is_open = self.client.may(target, name)
            self.doing = Doing(lambda model: model.request(name, target, data), message)
            self._follow(RequestCame(request), is_open=is_open)

    def bad_request(self, message: JsonObject, code: FailureCode) -> None:
        """A message that is no request, for the reason that `code` says."""
        bad = read_request(message)
        assert isinstance(bad, BadRequest), bad
        effects = self._feed(RequestCame(bad))
        assert [effect.requestid for effect in effects if isinstance(effect, Send)] == [None]
        (failure,) = self.messages(effects)
        self.check_failure(failure, message, frozenset({code}))

    def tell(self, report: Report) -> None:
        """The platform tells of something that is sound in itself."""
        match report:
            case ChannelReport():
                self.report(report)
            case InteractionReport():
                self.report_interaction(report)
            case Post():
                self.post(report)

    def report(self, report: ChannelReport) -> None:
        """The platform tells of a channel: something possible, known or not."""
        events = self.model.reported(report)
        self.seen[f"report tells {len(events)} events"] += 1
        self.check_events(self.messages(self._feed(Reported(report))), events, cause=None)

    def report_interaction(self, report: InteractionReport) -> None:
        """The platform tells of an interaction: something sound in itself, which may be late, or about nothing."""
        assert report.problem() is None, report.problem()
        self._told(report, self.model.reported_interaction(report))

    def post(self, post: Post) -> None:
        """Something comes up in an interaction that may be there or not."""
        self._told(post, self.model.posted(post))

    def _told(self, report: InteractionReport | Post, events: Told | None) -> None:
        """None: it must be dropped."""
        kind = type(report).__name__
        effects = self._feed(Reported(report))
        if events is None:
            self.seen[f"{kind} dropped"] += 1
            assert [type(effect) for effect in effects] == [Ignored], f"{report} should be dropped, but {effects}"
        else:
            self.seen[f"{kind} tells {'something' if events else 'nothing'}"] += 1
            self.check_events(self.messages(effects), events, cause=None)

    def impossible_report(self, report: ChannelReport | InteractionReport) -> None:
        """One that cannot be, whatever went before."""
        assert report.problem(), f"{report} is sound"
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
        """Time passes. The shell looks at the clock as soon as nothing is under way: `look`."""
        self.now += seconds
        self.model.now = self.now

    def look(self) -> None:
        """The shell tells the core of what waits, and of the deadlines that have come."""
        assert self.doing is None
        while self.waiting and not self.over:
            self.tell(self.waiting.pop(0))
        while self.doing is None and not self.over and self.now >= self.core.next_deadline():
            assert self.core.next_deadline() == self.model.deadline()
            what, action = self.model.due(self.now)
            self.seen[what] += 1
            self.doing = Doing(action)
            self._follow(DeadlineCame())

    def end(self, cause: DisposalCause) -> None:
        doing, self.doing = self.doing, None
        self.seen["ends in the middle" if doing else "ends between requests"] += 1
        *effects, last = self._feed(End(cause, "the end"))
        assert last == Ended(cause)
        messages = self.messages(effects)
        if doing is not None and doing.request is not None:
            code = ENDED_UNDER.get(cause, FailureCode.INVALID_STATE)
            self.check_failure(messages.pop(0), doing.request, frozenset({code}))
        shown = {"cause": cause, "message": "the end"}
        self.check_events(messages, [Tell("session.disposed", self.model.session, shown)], cause=None)
        self._finish()

    # Inputs while the platform is asked

    def answer(self, answer: Any) -> None:
        """A sound answer to the call under way. What waits may be older by it."""
        self._outcome(Granted(answer, self.now), Answered(answer))
        if self.core.believed:
            left = [left_of(report, answer) for report in self.waiting]
            assert left == [left_beside(report, answer) for report in self.waiting]
            self.seen.update(["older than an answer"] if left != self.waiting else [])
            self.waiting = [report for report in left if report is not None]

    def hear(self, report: Report) -> None:
        """The platform tells of something that is sound in itself; it waits."""
        self.waiting.append(report)

    def nonsense(self, answer: Any) -> None:
        """An answer that no sound platform gives."""
        self._outcome(Denied(FailureCode.PLATFORM_ERROR, self.now), Answered(answer))

    def refuse(self, code: FailureCode) -> None:
        self._outcome(Denied(code, self.now), CallRefused(code, "not now; try again later"))

    def _outcome(self, outcome: Granted | Denied, given: Input) -> None:
        doing = self.doing
        assert doing is not None
        doing.outcomes.append(outcome)
        self._follow(given)
        # What goes on after a refusal may take an answer that it did not believe for one that it did.
        goes_on = doing.request is None or doing.request["command"].startswith("channelgroup.")
        assert self.core.believed == self.model.believed or (goes_on and self.core.believed)

    # How an operation goes on

    def _follow(self, given: Input, *, is_open: bool = False) -> None:
        """Feed one input of the operation under way, and hold what comes of it to the model's play."""
        doing = self.doing
        assert doing is not None
        effects = self._feed(given)
        world, play = self.model.play(doing.action, doing.outcomes)
        if doing.request is not None and not doing.outcomes:
            self.check_capability(doing.request, play, effects, is_open=is_open)
        if isinstance(play, Asks):
            self._check_call(effects, doing, play)
            return
        self.doing, self.model = None, world
        if play.over:
            assert effects[-1] == Ended(None if doing.request else DisposalCause.EXPIRED)
            effects = effects[:-1]
        messages = self.messages(effects)
        requestid = None
        if doing.request is not None:
            requestid = doing.request.get("requestid")
            sends = [effect for effect in effects if isinstance(effect, Send)]
            answered = {effect.requestid: effect.seq for effect in sends if effect.requestid}
            assert answered == ({requestid: sends[0].seq} if requestid else {})
            self.answered |= answered
            self.check_response(messages.pop(0), doing.request, play)
        self.check_events(messages, play.events, cause=requestid)
        if play.over:
            self._finish()

    def _check_call(self, effects: tuple[Effect, ...], doing: Doing, asks: Asks) -> None:
        (effect,) = effects
        assert isinstance(effect, Call), f"the model asks {asks}, the core says {effect}"
        fields = {name: getattr(effect.call, name) for name in asks.fields}
        assert (type(effect.call).__name__, fields) == (asks.call, asks.fields)
        doing.call = effect.call

    def _feed(self, given: Input) -> tuple[Effect, ...]:
        effects = self.core.handle(given, now=self.now)
        self._log.append((given, self.now, effects))
        return effects

    # What holds between any two inputs

    def check(self) -> None:
        if self.over:
            return
        expected = math.inf if self.doing else self.model.deadline()
        assert self.core.next_deadline() == expected
        assert self.core.busy == (self.doing is not None)
        assert self.core.seq == self.client.seq
        if self.doing is None and self._checked != len(self._log):
            self.check_worlds()
            self._checked = len(self._log)

    def _finish(self) -> None:
        self.over = True
        assert self.client.over
        self.check_replay()

    def check_replay(self) -> None:
        """The same inputs give the same outputs."""
        twin = _new_core(self.features, self.wanted, self.settings)
        for given, now, effects in self._log:
            again = twin.handle(given, now=now)
            assert again == effects or comparable(again) == comparable(effects)


def _new_core(features: frozenset[Feature], wanted: tuple[str, ...], settings: CoreSettings) -> SessionCore:
    session = Session.prepare(SessionId(SESSION), "agent1", features, wanted)
    return SessionCore(session, settings, now=BEGIN_S)
