"""Customers who act by a script: each step at its time, and an end to their patience."""

from typing import Any

import pytest

from engine.adapters.simulator.customer_script import (
    AnswerScreenshot,
    AnswerSignal,
    AwaitAgent,
    AwaitMessage,
    FillForm,
    Leave,
    PutFile,
    Say,
    Script,
    Step,
    TypeFor,
    Wait,
)
from engine.adapters.simulator.settings import SimulatedTranscript, WrapUpTimes
from protocol.errors import Refused
from protocol.platform import (
    FilePosted,
    FormSubmitted,
    InteractionReport,
    LogoutAgent,
    MessagePosted,
    Post,
    PushUrl,
    RequestScreenshot,
    ScreenshotAnswered,
    SendFile,
    SendMessage,
    SendSignal,
    SetTyping,
    ShowForm,
    SignalReceived,
    TypingChanged,
)
from protocol.states import Ability, ChannelType, PartyRole
from tests.engine.adapters.simulator.media_floor import Floor, endpoint

CHAT = ChannelType.CHAT
WHERE = {"endpoint": endpoint("ada", CHAT), "interaction": "interaction1"}
URL = "https://example.org/boot.png"


class Told:
    """What was told to Ada of the customer, each with the second of telling."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.all: list[tuple[float, str]] = []

    def until(self, second: float, *, step_s: float = 0.25) -> list[tuple[float, str]]:
        """Let time pass in small steps, and give all that was told since the last time."""
        told: list[tuple[float, str]] = []
        while True:
            self._floor.pass_time(0)
            told += [(self._floor.now, text) for _, report in self._floor.take() if (text := self._word(report))]
            if self._floor.now >= second:
                return told
            self._floor.pass_time(step_s)

    @staticmethod
    def _word(report: Any) -> str:
        match report:
            case MessagePosted(text=text, party=party):
                return text if party.role is PartyRole.CUSTOMER else ""
            case TypingChanged(typing=typing):
                return "typing" if typing else "stops typing"
            case InteractionReport(state=state, cause=cause):
                return cause or state
            case Post():
                return type(report).__name__
            case _:
                return ""


def scripted(*steps: Step, **more: Any) -> tuple[Floor, Told, str]:
    """A customer with this script, who comes at 0; Ada is ready."""
    floor = Floor()
    floor.start("ada", CHAT)
    contact = floor.switch.chat("Sales", "Carl", script=Script(steps=steps, **more))
    return floor, Told(floor), contact


def accept(floor: Floor) -> None:
    floor.accept("ada", CHAT, "interaction1")


def test_steps_come_one_after_the_other_at_their_times() -> None:
    floor, told, _ = scripted(
        Say(text="hello"), Wait(seconds=2), TypeFor(seconds=3), Say(text="anybody?", times=3, every_s=0.5), Leave()
    )
    assert told.until(10) == [
        (0, "ALERTING"),
        (0, "hello"),
        (2, "typing"),
        (5, "stops typing"),
        (5, "anybody?"),
        (5.5, "anybody?"),
        (6, "anybody?"),
        (6, "ABANDONED"),
    ]
    assert floor.switch.live_objects() == 0


def test_it_waits_for_an_agent_and_for_a_message() -> None:
    floor, told, _ = scripted(AwaitAgent(), Say(text="at last"), AwaitMessage(), Say(text="thanks"), Leave())
    assert told.until(5) == [(0, "ALERTING")]
    accept(floor)
    assert told.until(7) == [(5, "STARTED"), (5, "at last")]
    floor.ask("ada", SendMessage(**WHERE, text="hi"))
    assert told.until(10) == [(7, "thanks"), (7, "REMOTE")]
    assert floor.switch.live_objects() == 0


def test_a_message_that_was_read_does_not_count_again() -> None:
    floor, told, _ = scripted(AwaitMessage(), Say(text="one"), AwaitMessage(), Say(text="two"))
    told.until(0)
    accept(floor)
    floor.ask("ada", SendMessage(**WHERE, text="hi"))
    floor.ask("ada", SendMessage(**WHERE, text="hi again"))
    assert [word for _, word in told.until(1)] == ["STARTED", "one"]
    floor.ask("ada", SendMessage(**WHERE, text="still there?"))
    assert [word for _, word in told.until(2)] == ["two"]


def test_a_reaction_is_no_part_of_the_agents_call() -> None:
    floor, told, _ = scripted(AwaitMessage(), Say(text="thanks"))
    told.until(0)
    accept(floor)
    told.until(1)
    posted = floor.ask("ada", SendMessage(**WHERE, text="hi"))
    assert floor.take() == [("ada", posted)]
    floor.pass_time(0)
    assert [word for _, word in told.until(1)] == ["thanks"]


def test_a_form_is_filled_in_when_it_is_shown() -> None:
    floor, told, _ = scripted(FillForm(values={"street": "Elm St"}, form="address"))
    told.until(0)
    accept(floor)
    floor.ask("ada", ShowForm(**WHERE, form="survey"))
    assert [word for _, word in told.until(1)] == ["STARTED"]
    floor.ask("ada", ShowForm(**WHERE, form="address"))
    floor.pass_time(0)
    ((_, form),) = floor.take()
    assert isinstance(form, FormSubmitted)
    assert (form.form, form.values) == ("address", {"street": "Elm St"})


def test_whichever_form_is_shown_is_filled_in() -> None:
    floor, told, _ = scripted(FillForm(values={}))
    told.until(0)
    accept(floor)
    floor.ask("ada", ShowForm(**WHERE, form="survey"))
    floor.pass_time(0)
    assert [form.form for _, form in floor.take() if isinstance(form, FormSubmitted)] == ["survey"]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_screenshot_is_given_or_refused_when_it_is_asked_for(accepted: bool) -> None:
    floor, told, _ = scripted(AnswerScreenshot(accepted=accepted, url=URL))
    told.until(0)
    accept(floor)
    floor.ask("ada", RequestScreenshot(**WHERE))
    floor.pass_time(0)
    answers = [report for _, report in floor.take() if isinstance(report, ScreenshotAnswered)]
    assert [(answer.accepted, answer.url) for answer in answers] == [(accepted, URL if accepted else None)]


def test_a_signal_is_answered() -> None:
    floor, told, _ = scripted(AnswerSignal(name="ANSWER_CALL", data={"sdp": "v=1"}))
    told.until(0)
    accept(floor)
    floor.ask("ada", SendSignal(**WHERE, name="OFFER_CALL"))
    floor.pass_time(0)
    signals = [report for _, report in floor.take() if isinstance(report, SignalReceived)]
    assert [(signal.name, signal.data) for signal in signals] == [("ANSWER_CALL", {"sdp": "v=1"})]


def test_a_file_is_put_in() -> None:
    floor, told, _ = scripted(AwaitAgent(), PutFile(name="boot.png", url=URL, size=7))
    told.until(0)
    accept(floor)
    floor.pass_time(0)
    files = [report for _, report in floor.take() if isinstance(report, FilePosted)]
    assert [(file.name, file.url, file.type, file.size) for file in files] == [("boot.png", URL, None, 7)]


@pytest.mark.parametrize(
    ("step", "ability"),
    [
        (PutFile(name="boot.png", url=URL), Ability.FILE),
        (FillForm(values={}), Ability.FORM),
        (AnswerScreenshot(accepted=False), Ability.SCREENSHOT),
        (AnswerSignal(name="ANSWER_CALL"), Ability.SIGNAL),
    ],
)
def test_a_script_that_the_customers_side_cannot_follow_is_refused(step: Step, ability: Ability) -> None:
    floor = Floor()
    with pytest.raises(Refused, match=f"no {ability}; add it to abilities, or leave the step out"):
        floor.switch.chat("Sales", "Carl", script=Script(steps=(step,)), abilities=set(Ability) - {ability})
    assert (floor.switch.live_objects(), floor.switch.tally.offered) == (0, 0)


@pytest.mark.parametrize(
    ("step", "ask", "answer"),
    [
        (FillForm(values={}), lambda **where: ShowForm(**where, form="survey"), "FormSubmitted"),
        (AnswerScreenshot(accepted=False), RequestScreenshot, "ScreenshotAnswered"),
        (AnswerSignal(name="ANSWER_CALL"), lambda **where: SendSignal(**where, name="OFFER_CALL"), "SignalReceived"),
    ],
    ids=["form", "screenshot", "signal"],
)
def test_what_is_taken_back_at_the_same_instant_is_waited_for_again(step: Step, ask: Any, answer: str) -> None:
    floor, told, _ = scripted(step)
    told.until(0)
    accept(floor)
    floor.ask("ada", ask(**WHERE))
    floor.transfer("ada", CHAT, "interaction1", queue="Sales")
    floor.pass_time(10)
    floor.accept("ada", CHAT, "interaction2")
    assert answer not in [word for _, word in told.until(11)]
    floor.ask("ada", ask(endpoint=endpoint("ada", CHAT), interaction="interaction2"))
    assert [word for _, word in told.until(12)] == [answer]


def test_two_things_at_the_same_instant_are_one_reason_to_go_on() -> None:
    floor, told, _ = scripted(AwaitMessage(), Wait(seconds=5), Say(text="thanks"))
    told.until(0)
    accept(floor)
    floor.ask("ada", SendMessage(**WHERE, text="hi"))
    floor.ask("ada", SendMessage(**WHERE, text="hi again"))
    assert told.until(10) == [(0, "STARTED"), (5, "thanks")]


# Patience


def test_without_a_script_the_customer_waits_as_long_as_the_settings_say() -> None:
    floor = Floor(patience_s=60.0)
    floor.switch.chat("Sales", "Carl")
    floor.pass_time(59.9)
    assert floor.switch.tally.abandoned == 0
    floor.pass_time(0.1)
    assert floor.switch.tally.abandoned == 1
    assert floor.switch.live_objects() == 0


def test_patience_of_the_script_goes_first() -> None:
    _, told, _ = scripted(patience_s=5.0)
    assert told.until(60) == [(0, "ALERTING"), (5, "ABANDONED")]


def test_who_is_served_has_patience_and_anew_when_handed_on() -> None:
    floor, told, _ = scripted(patience_s=15.0)
    told.until(14)
    accept(floor)
    assert told.until(100) == [(14, "STARTED")]
    floor.transfer("ada", CHAT, "interaction1", queue="Service")
    assert told.until(114.75) == [(100, "TRANSFERRED")]
    assert floor.switch.tally.over == 0
    told.until(115)
    assert floor.switch.tally.answered == 1
    assert floor.switch.live_objects() == 0


def test_what_the_customer_says_while_waiting_does_not_make_it_wait_longer() -> None:
    _, told, _ = scripted(Wait(seconds=4), Say(text="hello?"), patience_s=5.0)
    assert told.until(60)[-1] == (5, "ABANDONED")


ACTIVITIES = (
    SendMessage(**WHERE, text="hi"),
    SetTyping(**WHERE, typing=True),
    SendFile(**WHERE, name="how-to.pdf", url=URL),
    PushUrl(**WHERE, url=URL),
    ShowForm(**WHERE, form="address"),
    RequestScreenshot(**WHERE),
    SendSignal(**WHERE, name="OFFER_CALL"),
)


@pytest.mark.parametrize("activity", ACTIVITIES, ids=lambda call: type(call).__name__)
def test_who_is_left_idle_leaves(activity: Any) -> None:
    floor, told, _ = scripted(idle_s=20.0)
    told.until(10)
    accept(floor)
    told.until(25)
    floor.ask("ada", activity)
    told.until(44.75)
    assert floor.switch.tally.over == 0
    assert told.until(60) == [(45, "REMOTE")]


def test_who_says_something_is_not_idle() -> None:
    floor, told, contact = scripted(idle_s=20.0)
    told.until(10)
    accept(floor)
    told.until(25)
    floor.switch.customer_typing(contact, True)
    assert told.until(60)[-1] == (45, "REMOTE")


# Ends


def test_a_script_ends_with_the_chat() -> None:
    floor, told, _ = scripted(Wait(seconds=10), Say(text="too late"), idle_s=60.0)
    told.until(1)
    accept(floor)
    floor.release("ada", CHAT, "interaction1")
    assert floor.switch.live_objects() == 0
    assert [word for _, word in told.until(20)] == ["STARTED", "RELEASED"]


def test_after_leaving_nothing_more_is_done() -> None:
    floor, told, _ = scripted(Leave(), Say(text="too late"))
    assert told.until(20) == [(0, "ALERTING"), (0, "ABANDONED")]
    assert floor.switch.tally.abandoned == 1
    assert floor.switch.live_objects() == 0


def test_a_script_goes_on_with_the_next_agent() -> None:
    floor, told, _ = scripted(AwaitMessage(), Say(text="thanks"))
    told.until(0)
    accept(floor)
    floor.start("bob", CHAT)
    floor.ask("ada", LogoutAgent())
    floor.pass_time(0)
    floor.accept("bob", CHAT, "interaction2")
    floor.take()
    posted = floor.ask("bob", SendMessage(endpoint=endpoint("bob", CHAT), interaction="interaction2", text="hi"))
    floor.pass_time(0)
    (_, said), (agent, thanks) = floor.take()
    assert said == posted
    assert (agent, thanks.text) == ("bob", "thanks")


def test_a_wrap_up_does_not_keep_the_customer() -> None:
    floor = Floor(wrapup_s=WrapUpTimes(chat=15.0))
    floor.start("ada", CHAT)
    contact = floor.switch.chat("Sales", "Carl", script=Script(steps=(AwaitAgent(), Leave())))
    floor.pass_time(0)
    accept(floor)
    floor.pass_time(0)
    with pytest.raises(Refused, match="it is over"):
        floor.switch.customer_page(contact)
    floor.complete("ada", CHAT, "interaction1")
    assert floor.switch.live_objects() == 0


def test_a_scripted_flood_leaves_a_bounded_transcript_and_nothing_behind() -> None:
    floor = Floor(transcript=SimulatedTranscript(messages=100, characters=100_000))
    floor.start("ada", CHAT)
    flood = Script(steps=(AwaitAgent(), Say(text="x" * 100, times=10_000, every_s=0), Leave()))
    floor.switch.chat("Sales", "Carl", script=flood)
    floor.pass_time(0)
    accept(floor)
    floor.pass_time(1)
    told = [report for _, report in floor.take() if isinstance(report, MessagePosted)]
    assert 100 < len(told) <= 201  # 5 ms apart: no session is flooded
    floor.pass_time(60)
    told += [report for _, report in floor.take() if isinstance(report, MessagePosted)]
    assert len({post.id for post in told}) == len(told) == 10_000
    assert floor.switch.live_objects() == 0


def test_the_same_script_gives_the_same_reports() -> None:
    def run() -> list[tuple[str, Any]]:
        floor, _, _ = scripted(Say(text="hello", times=5, every_s=0.1), TypeFor(seconds=1), Wait(seconds=0.3), Leave())
        floor.pass_time(0)
        accept(floor)
        floor.pass_time(30)
        return floor.take()

    assert run() == run()
