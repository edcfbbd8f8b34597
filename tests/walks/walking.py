"""What all walks share: how a request is sent and seen to its end, and how the platform speaks."""

import itertools
from collections.abc import Callable
from typing import Any, TypeVar

import attrs
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from engine.conformance.view import JsonObject
from protocol.errors import FailureCode
from protocol.platform import (
    ChannelReport,
    CompleteInteraction,
    InteractionCall,
    InteractionReport,
    MessagePosted,
    PlatformCall,
    Replied,
    Report,
)
from protocol.states import ChannelType, ConversationState, DisposalCause
from statemachines.settings import CoreSettings
from tests import strategies
from tests.strategies import Dice
from tests.walks import answers, nonsense, reports
from tests.walks.checks import endpoints_in
from tests.walks.places import channel_report
from tests.walks.requests import data_for
from tests.walks.side_by_side import SideBySide
from tests.walks.words import Granted, Thing

T = TypeVar("T")

LONGEST_WRAPUP_S = max(filter(None, reports.WRAPUPS_S))

HAPPENS = ("answer",) * 16 + ("refusal",) * 2 + ("nonsense",) * 4 + ("report",) * 3 + ("lost", "bound", "time", "end")
"""What happens while the platform is asked, the usual things more often."""


class Walk(RuleBasedStateMachine):
    """One session after the other."""

    session: SideBySide
    happens: tuple[str, ...] = HAPPENS

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1)
        self.said: list[InteractionReport] = []
        """The platform's last words about interactions, whether they were taken in or not."""
        self.posts: list[str] = []
        """Ids of what came up."""

    def begin_session(self, features: Any, wanted: tuple[str, ...], settings: CoreSettings) -> None:
        self.session = SideBySide(features, wanted, settings)
        self.said, self.posts = [], []

    def roll(self, data: st.DataObject, make: Callable[[Dice], T], label: str) -> T:
        return data.draw(strategies.rolled(make, self.numbers), label=label)

    # Requests

    def send(self, data: st.DataObject, choose: Callable[[Dice], tuple[str, str]]) -> None:
        """A command to a target, with all that happens until it is answered; every now and then once more."""

        def make(dice: Dice) -> list[JsonObject]:
            command, target = choose(dice)
            model, times = self.session.model, dice.pick((1, 1, 1, 1, 2))
            return [self.message(dice, command, target, data_for(dice, model, command, target)) for _ in range(times)]

        for message in self.roll(data, make, "request"):
            self.session.request(message)
            self.go_on(data)

    def message(self, dice: Dice, command: str, target: str, payload: JsonObject) -> JsonObject:
        """As clients spell it: by any of its names, with and without requestid, with unknown properties."""
        message: JsonObject = {"command": dice.pick(strategies.names_of(command)), "target": target, "data": payload}
        if dice.one_in(2):
            again = sorted(self.session.answered)
            repeat = bool(again) and dice.one_in(6)
            message["requestid"] = dice.pick(again) if repeat else "r" * dice.pick((1, 100)) + str(dice.fresh())
        if dice.one_in(10):
            message["unknown"] = dice.pick((None, "?", 7, {}))
        return message

    # What else happens

    def any_time(self, data: st.DataObject, what: str) -> None:
        """What may happen between requests and in the middle of one."""
        match what:
            case "lost":
                self.session.desktop_lost()
            case "bound":
                self.session.desktop_bound()
            case "time":
                self.session.wait(self.roll(data, lambda dice: dice.pick((1.0, 31.0, 301.0)), "seconds"))
            case "end":
                self.session.end(self.roll(data, lambda dice: dice.pick(tuple(DisposalCause)), "cause"))

    def go_on(self, data: st.DataObject) -> None:
        """Let the platform answer until nothing is asked of it and nothing is due.

        Begin a new session where this one is over.
        """
        session = self.session
        while True:
            while session.doing is not None:
                session.check()
                self._answer(data)
            session.look()
            if session.doing is None:
                break
        if session.over:
            self._note_seen()
            self.begin_session(session.features, session.wanted, session.settings)

    def _answer(self, data: st.DataObject) -> None:
        session = self.session
        assert session.doing is not None
        call = session.doing.call
        assert call is not None

        def make(dice: Dice) -> tuple[str, Any]:
            what = dice.pick(self.happens)
            match what:
                case "answer":
                    answer = self._good_answer(dice, call)
                    return what, (answer, self._told_as_well(dice, answer))
                case "nonsense":
                    return what, self._nonsense(dice, call)
                case "report":
                    return what, self._news(dice)
                case "refusal":
                    forgotten = isinstance(call, InteractionCall) and dice.one_in(3)
                    return what, FailureCode.INVALID_TARGET if forgotten else dice.pick(strategies.REFUSALS)
                case _:
                    return what, None

        what, answer = self.roll(data, make, f"asked {call}")
        match what:
            case "answer":
                answer, told = answer
                self.note_said(answer)
                for report in told:
                    session.hear(report)
                session.answer(answer)
            case "nonsense":
                self.note_said(answer)
                session.nonsense(answer)
            case "report":
                for report in answer:
                    session.hear(report)
            case "refusal":
                session.refuse(answer)
            case _:
                self.any_time(data, what)

    def _good_answer(self, dice: Dice, call: PlatformCall[Any]) -> Any:
        if not isinstance(call, InteractionCall):
            return self._elsewhere(dice, answers.good_answer(dice, call, self._used()))
        it = self._interaction(call)
        answer = answers.good_answer_about(dice, call, it["report"], talks=self.talks(it.owner, it))
        return self._elsewhere(dice, answer)

    def _elsewhere(self, dice: Dice, answer: Any) -> Any:
        """Every now and then about something else, or in words that came before."""
        match answer:
            case InteractionReport() if dice.one_in(20):
                late = [
                    *self.said,
                    attrs.evolve(answer, id="another"),
                    attrs.evolve(answer, endpoint="4008", channel=None),
                ]
                return dice.pick(late)
            case Replied() if dice.one_in(10):
                return attrs.evolve(answer, message=self._elsewhere(dice, answer.message))
            case MessagePosted() if dice.one_in(10):
                others = [attrs.evolve(answer, id=each) for each in self.posts]
                return dice.pick([*others, attrs.evolve(answer, interaction="another")])
            case _:
                return answer

    def _nonsense(self, dice: Dice, call: PlatformCall[Any]) -> Any:
        if not isinstance(call, InteractionCall):
            return nonsense.nonsense_answer(dice, call, self._used())
        it = self._interaction(call)
        return nonsense.nonsense_about(dice, call, it["report"], talks=self.talks(it.owner, it))

    def note_said(self, answer: Any) -> None:
        match answer:
            case InteractionReport() if answer.problem() is None:
                self.said = [*self.said[-20:], answer]
            case MessagePosted():
                self.posts.append(answer.id)
            case Replied():
                self.note_said(answer.message)
                self.note_said(answer.interaction)

    def _interaction(self, call: InteractionCall[Any]) -> Thing:
        model = self.session.model
        channel = model.channel_at(call.endpoint)
        it = channel and model.interaction_at(channel, call.interaction)
        assert it is not None
        return it

    def talks(self, channel: Thing, but: Thing | None = None) -> bool:
        """Is a leg of another interaction connected?"""
        model = self.session.model
        others = [it for it in model.interactions(channel) if it is not but]
        return any(leg["state"] == ConversationState.CONNECTED for it in others for leg in model.legs(it))

    @staticmethod
    def _told_as_well(dice: Dice, answer: Any) -> list[Report]:
        """What a call has brought about may be reported, too, before it is answered."""
        parts = [answer.message, answer.interaction] if isinstance(answer, Replied) else [answer]
        fit: list[Report] = [
            part for part in parts if isinstance(part, (ChannelReport, InteractionReport, MessagePosted))
        ]
        return fit if fit and dice.one_in(6) else []

    def _news(self, dice: Dice) -> list[Report]:
        """What the platform tells while it is asked."""
        model = self.session.model
        there, channels = model.interactions(), model.channels()
        if there and not dice.one_in(4):
            it = dice.pick(there)
            if it["report"].type != ChannelType.TELEPHONY and dice.one_in(3):
                return [reports.post(dice, it["report"], f"n{dice.fresh()}")]
            report = reports.going_on(dice, it["report"], talks=self.talks(it.owner, it))
            return [reports.with_channel(dice, report)]
        if not channels:
            return []
        channel = dice.pick(channels)
        return [channel_report(dice, channel["endpoint"], channel["type"])]

    def _used(self) -> frozenset[str]:
        """The endpoints that the session has, or is just getting."""
        session = self.session
        used = {channel["endpoint"] for channel in session.model.channels()}
        outcomes = session.doing.outcomes if session.doing else []
        used |= {at for outcome in outcomes if isinstance(outcome, Granted) for at in endpoints_in(outcome.value)}
        return frozenset(used)

    # What always holds

    @invariant()
    def nothing_differs(self) -> None:
        if hasattr(self, "session"):
            self.session.check()
            self._note_depth()

    def _note_depth(self) -> None:
        """How deep the walk has come."""
        seen, model = self.session.seen, self.session.model
        for it in model.interactions():
            report = it["report"]
            seen[f"was there: {report.type} {report.state}"] += 1
            if len(report.legs) == 2:
                seen[f"was there: a consult, {report.legs[0].state} and {report.legs[1].state}"] += 1
            if it["complete_at"] is not None:
                seen["was there: a wrap-up with a timer"] += 1

    def wind_up(self) -> None:
        """With a platform that obliges, every wrap-up ends: after its time nothing is left of it."""
        session = self.session
        session.desktop_bound()
        session.wait(LONGEST_WRAPUP_S)
        obliging = Dice(lambda _: 0, self.numbers)
        session.look()
        while session.doing is not None:
            assert isinstance(session.doing.call, CompleteInteraction)
            session.answer(self._good_answer(obliging, session.doing.call))
            session.check()
            session.look()
        if session.model.state == "INITIALIZED":
            assert not [it for it in session.core.session.all_interactions() if it.wrapup_s is not None]

    def teardown(self) -> None:
        if hasattr(self, "session"):
            if self.session.doing is None and not self.session.over:
                self.wind_up()
            self.session.check_replay()
            self._note_seen()

    def _note_seen(self) -> None:
        for what in self.session.seen:
            event(what)
