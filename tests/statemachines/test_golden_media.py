"""The documented sequences of chats, emails and callbacks, word for word: specs/protocol.md, "Commands" and "Events".

Every list here is copied from the tables of the specification, never from what the core happens to say.
"""

from typing import Any

import attrs
import pytest

from protocol.errors import FailureCode
from protocol.platform import (
    FilePosted,
    FormSubmitted,
    InteractionReport,
    PartyChanged,
    Post,
    ScreenshotAnswered,
    SignalReceived,
    TypingChanged,
)
from protocol.states import ChannelType, EndCause
from tests.fakes.calls import AGENT, CUSTOMER, call, chat, email, over, posted
from tests.fakes.desk import Desk, completion, pair, story, su, with_group, with_interaction, wrapup
from tests.fakes.platform import FakePlatform, channel

CH, IT = ".c1", ".c1.i1"


def callback(state: str = "ALERTING") -> InteractionReport:
    return attrs.evolve(call(state, at="callback-1"), type=ChannelType.CALLBACK, legs=())


MEDIA = pytest.mark.parametrize("make", [chat, email, callback], ids=["chat", "email", "callback"])

# It is offered


@MEDIA
def test_inbound(make: Any) -> None:
    it = make()
    desk = Desk(FakePlatform().with_channels(channel(it.endpoint, "READY"))).started()
    assert story(desk.report(it)) == [
        *pair(CH),
        ("interaction.created", IT),
        su(IT),
        ("interaction.datachanged", IT),
        ("interaction.preview", IT),
        ("interaction.initialized", IT),
    ]


def test_inbound_within_a_group() -> None:
    fake = FakePlatform().with_group("Sales", channel("4001", "READY"), channel("chat-1", "READY"))
    channel_2, it = ".g1.c2", ".g1.c2.i1"
    assert story(Desk(fake).started().report(chat())) == [
        ("channel.infochanged", channel_2),
        su(channel_2),
        ("interaction.created", it),
        su(it),
        ("interaction.datachanged", it),
        ("interaction.preview", it),
        ("interaction.initialized", it),
    ]


def test_several_at_a_time() -> None:
    desk = with_interaction(chat("STARTED"))
    second = ".c1.i2"
    assert story(desk.report(chat(key="2"))) == [
        *pair(CH),
        ("interaction.created", second),
        su(second),
        ("interaction.datachanged", second),
        ("interaction.preview", second),
        ("interaction.initialized", second),
    ]


# It is taken, or not


@MEDIA
def test_accept(make: Any) -> None:
    assert story(with_interaction(make()).ask("interaction.accept", IT)) == [
        ("success", IT),
        su(IT),
        ("interaction.started", IT),
    ]


@MEDIA
def test_accepted_elsewhere_for_the_agent(make: Any) -> None:
    assert story(with_interaction(make()).report(make("STARTED"))) == [su(IT), ("interaction.started", IT)]


@MEDIA
def test_reject(make: Any) -> None:
    assert story(with_interaction(make()).ask("interaction.reject", IT)) == [
        ("success", IT),
        ("interaction.ended", IT),
        *completion(IT),
    ]


@MEDIA
@pytest.mark.parametrize("cause", [EndCause.ABANDONED, EndCause.NOANSWER])
def test_nobody_takes_it(make: Any, cause: EndCause) -> None:
    messages = with_interaction(make()).report(over(make(), cause))
    assert story(messages) == [("interaction.ended", IT), *completion(IT)]
    assert messages[0]["data"]["cause"] == cause


# It ends


@MEDIA
def test_release(make: Any) -> None:
    messages = with_interaction(make("STARTED")).ask("interaction.release", IT)
    assert story(messages) == [("success", IT), ("interaction.ended", IT), *completion(IT)]
    assert messages[1]["data"]["cause"] == "RELEASED"


@MEDIA
def test_release_with_wrapup(make: Any) -> None:
    desk = with_interaction(make("STARTED"), wrapup_s=10.0)
    assert story(desk.ask("interaction.release", IT)) == [("success", IT), ("interaction.ended", IT), *wrapup(IT)]
    assert story(desk.ask("interaction.complete", IT)) == [("success", IT), *completion(IT)]


@MEDIA
def test_the_customer_leaves(make: Any) -> None:
    assert story(with_interaction(make("STARTED")).report(over(make("STARTED"), EndCause.REMOTE))) == [
        ("interaction.ended", IT),
        *completion(IT),
    ]


@MEDIA
@pytest.mark.parametrize("to", [{"queue": "Service"}, {"agent": "agent2", "note": "knows the case"}])
def test_transfer(make: Any, to: dict[str, str]) -> None:
    messages = with_interaction(make("STARTED")).ask("interaction.transfer", IT, to)
    assert story(messages) == [("success", IT), ("interaction.ended", IT), *completion(IT)]
    assert messages[1]["data"]["cause"] == "TRANSFERRED"


def test_one_of_several_ends() -> None:
    desk = with_interaction(chat("STARTED"))
    desk.report(chat("STARTED", key="2"))
    assert story(desk.ask("interaction.release", IT)) == [("success", IT), ("interaction.ended", IT), *completion(IT)]


# What is said and done in it


@pytest.mark.parametrize("make", [chat, email], ids=["chat", "email"])
def test_a_message_is_sent(make: Any) -> None:
    assert story(with_interaction(make("STARTED")).ask("interaction.message.send", IT, {"text": "Hello"})) == [
        ("success", IT),
        ("interaction.message.added", IT),
    ]


SILENT: dict[str, dict[str, Any]] = {
    "interaction.typing.start": {},
    "interaction.typing.stop": {},
    "interaction.file.send": {"file": {"name": "manual.pdf", "url": "https://example.com/manual.pdf"}},
    "interaction.url.push": {"url": "https://example.com/"},
    "interaction.form.show": {"form": {"id": "address", "fields": {"street": "Street"}}},
    "interaction.screenshot.request": {},
    "interaction.signal.send": {"signal": {"name": "offer", "data": {"sdp": "v=0"}}},
}


@pytest.mark.parametrize("command", SILENT)
def test_what_is_told_to_the_customer_alone(command: str) -> None:
    """None here; the matching event comes when the customer answers."""
    assert story(with_interaction(chat("STARTED")).ask(command, IT, SILENT[command])) == [("success", IT)]


def post(kind: type[Post], **more: Any) -> Post:
    return kind(endpoint="chat-1", interaction="1", id="x1", **{"party": CUSTOMER, **more})


POSTS: dict[str, Post] = {
    "interaction.message.added": posted("Hello"),
    "interaction.typing.started": post(TypingChanged, typing=True),
    "interaction.file.added": post(FilePosted, name="bill.pdf", url="https://example.com/bill.pdf"),
    "interaction.form.submitted": post(FormSubmitted, form="address", values={"street": "Elm Street"}),
    "interaction.screenshot.accepted": post(ScreenshotAnswered, accepted=True, url="https://example.com/1.png"),
    "interaction.screenshot.rejected": post(ScreenshotAnswered, accepted=False),
    "interaction.signal.received": post(SignalReceived, name="answer", data={"sdp": "v=0"}),
    "interaction.party.joined": post(PartyChanged, joined=True, party=AGENT),
    "interaction.party.left": post(PartyChanged, joined=False),
}


@pytest.mark.parametrize("event", POSTS)
def test_what_the_customers_side_does(event: str) -> None:
    desk = with_interaction(chat("STARTED"))
    assert story(desk.report(POSTS[event])) == [(event, IT)]
    assert desk.report(POSTS[event]) == []


def test_the_customer_stops_typing() -> None:
    desk = with_interaction(chat("STARTED"))
    desk.report(post(TypingChanged, typing=True))
    stopped = TypingChanged(endpoint="chat-1", interaction="1", id="x2", party=CUSTOMER, typing=False)
    assert story(desk.report(stopped)) == [("interaction.typing.stopped", IT)]


def test_a_message_while_it_is_offered() -> None:
    assert story(with_interaction(chat()).report(posted("Anybody there?"))) == [("interaction.message.added", IT)]


ENDS = [("success", IT), ("interaction.message.added", IT), ("interaction.ended", IT)]


def test_reply() -> None:
    desk = with_interaction(email("STARTED"))
    attachments = [{"name": "form.pdf", "url": "https://example.com/form.pdf"}]
    data = {"subject": "Re: bill", "text": "Dear Carol", "attachments": attachments}
    assert story(desk.ask("interaction.reply", IT, data)) == [*ENDS, *completion(IT)]


def test_reply_with_wrapup() -> None:
    desk = with_interaction(email("STARTED"), wrapup_s=10.0)
    assert story(desk.ask("interaction.reply", IT, {"text": "Dear Carol"})) == [*ENDS, *wrapup(IT)]
    assert story(desk.ask("interaction.complete", IT)) == [("success", IT), *completion(IT)]


# What is refused emits nothing

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "interaction.release": ("ReleaseInteraction", {}),
    "interaction.transfer": ("TransferInteraction", {"queue": "Service"}),
    "interaction.message.send": ("SendMessage", {"text": "Hello"}),
    "interaction.typing.start": ("SetTyping", {}),
    "interaction.typing.stop": ("SetTyping", {}),
    "interaction.file.send": ("SendFile", SILENT["interaction.file.send"]),
    "interaction.url.push": ("PushUrl", SILENT["interaction.url.push"]),
    "interaction.form.show": ("ShowForm", SILENT["interaction.form.show"]),
    "interaction.screenshot.request": ("RequestScreenshot", {}),
    "interaction.signal.send": ("SendSignal", SILENT["interaction.signal.send"]),
}


@pytest.mark.parametrize("command", CALLS)
def test_what_the_platform_refuses_emits_nothing(command: str) -> None:
    call_name, data = CALLS[command]
    desk = with_interaction(chat("STARTED"))
    desk.platform.refuses[call_name, "chat-1"] = FailureCode.PLATFORM_ERROR
    assert story(desk.ask(command, IT, data)) == [("PLATFORM_ERROR", IT)]


def test_a_reply_that_the_platform_refuses_emits_nothing() -> None:
    desk = with_interaction(email("STARTED"))
    desk.platform.refuses["ReplyEmail", "email-1"] = FailureCode.PLATFORM_ERROR
    assert story(desk.ask("interaction.reply", IT, {"text": "Dear Carol"})) == [("PLATFORM_ERROR", IT)]


ABILITIES = {
    "interaction.file.send": "file",
    "interaction.url.push": "url",
    "interaction.form.show": "form",
    "interaction.screenshot.request": "screenshot",
    "interaction.signal.send": "signal",
}


@pytest.mark.parametrize("command", ABILITIES)
def test_what_the_customers_side_cannot_do_is_unsupported(command: str) -> None:
    able = chat("STARTED").abilities
    lacking = attrs.evolve(
        chat("STARTED"), abilities=frozenset(each for each in able if each.value != ABILITIES[command])
    )
    (failure,) = with_interaction(lacking).ask(command, IT, SILENT[command])
    assert failure["failure"]["code"] == "UNSUPPORTED"
    assert ABILITIES[command] in failure["failure"]["message"]
    assert story(with_interaction(chat("STARTED")).ask(command, IT, SILENT[command])) == [("success", IT)]


# In the way


def test_a_group_with_a_chat() -> None:
    fake = FakePlatform().with_group("Sales", channel("chat-1", "READY"))
    desk = Desk(fake).started()
    desk.report(chat("STARTED"))
    for command, target, data in (
        ("session.logout", "s1", {}),
        ("session.removechannelgroup", "s1", {"channelgroup": {"id": "g1"}}),
        ("channelgroup.deactivate", "s1.g1", {"channel": {"id": "c1"}}),
        ("channelgroup.deactivateall", "s1.g1", {}),
    ):
        assert story(desk.ask(command, target, data)) == [("INTERACTION_ACTIVE", target.removeprefix("s1"))]


def test_wrapup_is_in_the_way_too() -> None:
    desk = with_group("READY")
    desk.report(call("ENDED", wrapup_s=10.0))
    assert story(desk.ask("session.logout")) == [("INTERACTION_ACTIVE", "")]
