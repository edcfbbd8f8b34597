"""What the commands for chats and emails ask of the platform, and what they believe of its answers."""

from typing import Any

import attrs
import pytest

from protocol import platform
from protocol.platform import Attachment, InteractionReport, PlatformCall, Replied
from protocol.states import EndCause
from tests.fakes.calls import AGENT, chat, email, message, over, posted
from tests.fakes.desk import Desk, JsonObject, completion, story, with_interaction, wrapup
from tests.fakes.platform import channel

IT = ".c1.i1"
CHAT, MAIL = chat("STARTED"), email("STARTED")
ABOUT: Any = {"endpoint": "chat-1", "interaction": "1"}
ABOUT_MAIL: Any = {"endpoint": "email-1", "interaction": "1"}
URL = "https://example.com/1"

# What is asked

ASKED: list[tuple[InteractionReport, str, JsonObject, PlatformCall[Any]]] = [
    (chat(), "interaction.accept", {}, platform.AcceptInteraction(**ABOUT)),
    (CHAT, "interaction.release", {}, platform.ReleaseInteraction(**ABOUT)),
    (
        CHAT,
        "interaction.transfer",
        {"queue": "Service", "note": "wants a refund"},
        platform.TransferInteraction(**ABOUT, queue="Service", note="wants a refund"),
    ),
    (CHAT, "interaction.transfer", {"agent": "agent2"}, platform.TransferInteraction(**ABOUT, agent="agent2")),
    (CHAT, "interaction.message.send", {"text": "Hello"}, platform.SendMessage(**ABOUT, text="Hello")),
    (CHAT, "interaction.typing.start", {}, platform.SetTyping(**ABOUT, typing=True)),
    (CHAT, "interaction.typing.stop", {}, platform.SetTyping(**ABOUT, typing=False)),
    (
        CHAT,
        "interaction.file.send",
        {"file": {"name": "a.pdf", "url": URL, "type": "application/pdf", "size": 7}},
        platform.SendFile(**ABOUT, name="a.pdf", url=URL, type="application/pdf", size=7),
    ),
    (
        CHAT,
        "interaction.file.send",
        {"file": {"name": "a.pdf", "url": URL}},
        platform.SendFile(**ABOUT, name="a.pdf", url=URL),
    ),
    (CHAT, "interaction.url.push", {"url": URL, "title": "Help"}, platform.PushUrl(**ABOUT, url=URL, title="Help")),
    (
        CHAT,
        "interaction.form.show",
        {"form": {"id": "address", "title": "Where?", "fields": {"street": "Street"}}},
        platform.ShowForm(**ABOUT, form="address", title="Where?", fields={"street": "Street"}),
    ),
    (CHAT, "interaction.screenshot.request", {}, platform.RequestScreenshot(**ABOUT)),
    (
        CHAT,
        "interaction.signal.send",
        {"signal": {"name": "offer", "data": {"sdp": "v=0"}}},
        platform.SendSignal(**ABOUT, name="offer", data={"sdp": "v=0"}),
    ),
    (
        MAIL,
        "interaction.reply",
        {"subject": "Re: bill", "text": "Dear Carol", "attachments": [{"name": "form.pdf", "url": URL}]},
        platform.ReplyEmail(
            **ABOUT_MAIL,
            text="Dear Carol",
            subject="Re: bill",
            attachments=(Attachment(name="form.pdf", url=URL),),
        ),
    ),
    (MAIL, "interaction.reply", {"text": "Dear Carol"}, platform.ReplyEmail(**ABOUT_MAIL, text="Dear Carol")),
]


@pytest.mark.parametrize(("it", "command", "data", "asked"), ASKED, ids=[row[1] for row in ASKED])
def test_the_platform_is_asked(it: InteractionReport, command: str, data: JsonObject, asked: PlatformCall[Any]) -> None:
    desk = with_interaction(it)
    (response, *_) = desk.ask(command, IT, data)
    assert response["result"] == "success"
    assert "data" not in response
    assert desk.platform.calls[1:] == [asked]


# Messages


def sending(answer: Any, it: InteractionReport = CHAT) -> tuple[Desk, list[JsonObject]]:
    desk = with_interaction(it)
    desk.platform.instead["SendMessage"] = answer
    return desk, desk.ask("interaction.message.send", IT, {"text": "Hello"}, requestid="r1")


def test_the_message_as_the_platform_took_it_is_told() -> None:
    _, (response, added) = sending(posted("Hello :-)", key="m1", party=AGENT))
    assert response["result"] == "success"
    assert added["cause"] == "r1"
    assert added["data"]["message"]["text"] == "Hello :-)"
    assert added["data"]["message"]["party"] == {"id": "p2", "name": "Ann Example", "role": "AGENT"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "NoneType in answer to SendMessage"),
        (message("Hello"), "Message in answer to SendMessage"),
        (CHAT, "InteractionReport in answer to SendMessage"),
        (posted("Hello", at="chat-2"), "asked about 1, it told of a message in 1"),
        (posted("Hello", interaction="2"), "asked about 1, it told of a message in 2"),
        (posted("Hello", key="x9"), "x9 came before"),
    ],
)
def test_nonsense_in_answer_to_a_message_is_not_believed(answer: Any, why: str) -> None:
    _, (failure,) = sending(answer, chat("STARTED", transcript=(message("Before", key="x9"),)))
    assert failure["failure"]["code"] == "PLATFORM_ERROR"
    assert why in failure["failure"]["message"]


def test_a_message_that_was_not_believed_may_still_come() -> None:
    desk, _ = sending(posted("Hello", interaction="2"))
    assert story(desk.report(posted("Hello", party=AGENT))) == [("interaction.message.added", IT)]


# The end


@pytest.mark.parametrize(
    ("command", "call", "data"),
    [
        ("interaction.release", "ReleaseInteraction", {}),
        ("interaction.transfer", "TransferInteraction", {"queue": "Service"}),
    ],
)
def test_what_goes_on_has_not_ended(command: str, call: str, data: JsonObject) -> None:
    desk = with_interaction(CHAT)
    desk.platform.instead[call] = attrs.evolve(CHAT, data={})
    (failure, *told) = desk.ask(command, IT, data)
    assert failure["failure"]["code"] == "PLATFORM_ERROR"
    assert f"after {call} the interaction is STARTED" in failure["failure"]["message"]
    assert story(told) == [("interaction.datachanged", IT)]


def test_what_ended_by_itself_has_ended_too() -> None:
    desk = with_interaction(CHAT)
    desk.platform.instead["ReleaseInteraction"] = over(CHAT, EndCause.REMOTE)
    messages = desk.ask("interaction.release", IT)
    assert story(messages) == [("success", IT), ("interaction.ended", IT), *completion(IT)]
    assert messages[1]["data"]["cause"] == "REMOTE"


# Replies

SENT = posted("Dear Carol", at="email-1", key="m1", party=AGENT)
DONE = over(MAIL, EndCause.RELEASED)
BEFORE = message("Before", key="x9")


def replying(message: Any, interaction: Any, it: InteractionReport = MAIL) -> tuple[Desk, list[JsonObject]]:
    desk = with_interaction(it)
    desk.platform.instead["ReplyEmail"] = Replied(message=message, interaction=interaction)
    return desk, desk.ask("interaction.reply", IT, {"text": "Dear Carol"}, requestid="r1")


def test_a_reply_is_told_with_what_went_out() -> None:
    _, messages = replying(SENT, DONE)
    assert story(messages) == [
        ("success", IT),
        ("interaction.message.added", IT),
        ("interaction.ended", IT),
        *completion(IT),
    ]
    assert messages[1]["data"]["message"]["id"] == "m1"
    assert all(message["cause"] == "r1" for message in messages[1:])


def test_a_reply_and_wrapup() -> None:
    _, messages = replying(SENT, over(MAIL, EndCause.RELEASED, wrapup_s=10.0, channel=channel("email-1", "WORK")))
    assert story(messages)[2:] == [("interaction.ended", IT), *wrapup(IT)]
    assert messages[-1]["state"]["agentstate"] == "WORK"


@pytest.mark.parametrize(
    ("message", "interaction", "why"),
    [
        (SENT, over(email(key="2"), EndCause.RELEASED), "asked about 1 at email-1, it told of 2 at email-1"),
        (SENT, over(email(at="email-2"), EndCause.RELEASED), "asked about 1 at email-1, it told of 1 at email-2"),
        (SENT, attrs.evolve(DONE, cause=None), "cause None while COMPLETED"),
        (SENT, email("ALERTING"), "cannot go from STARTED to ALERTING"),
        (posted("Dear Carol", at="email-2"), DONE, "asked about 1, it told of a message in 1"),
        (posted("Dear Carol", at="email-1", interaction="2"), DONE, "asked about 1, it told of a message in 2"),
    ],
)
def test_nonsense_in_answer_to_a_reply_is_not_believed(message: Any, interaction: Any, why: str) -> None:
    desk = with_interaction(email("STARTED", transcript=(BEFORE,)))
    before = desk.client.world()
    desk.platform.instead["ReplyEmail"] = Replied(message=message, interaction=interaction)
    (failure,) = desk.ask("interaction.reply", IT, {"text": "Dear Carol"})
    assert failure["failure"]["code"] == "PLATFORM_ERROR"
    assert why in failure["failure"]["message"]
    assert desk.client.world() == before
    desk.platform.instead.clear()
    assert story(desk.ask("interaction.reply", IT, {"text": "Dear Carol"}))[0] == ("success", IT)


@pytest.mark.parametrize("answer", [None, SENT, DONE, "sent"])
def test_an_answer_to_a_reply_that_is_none(answer: Any) -> None:
    desk = with_interaction(MAIL)
    desk.platform.instead["ReplyEmail"] = answer
    (failure,) = desk.ask("interaction.reply", IT, {"text": "Dear Carol"})
    assert failure["failure"]["code"] == "PLATFORM_ERROR"


def test_a_reply_that_went_out_is_told_even_where_the_email_goes_on() -> None:
    """The customer has it, so the agent must see it."""
    desk, messages = replying(SENT, MAIL)
    assert story(messages) == [("PLATFORM_ERROR", IT), ("interaction.message.added", IT)]
    assert desk.client.may(f"s1{IT}", "interaction.reply")
    assert desk.report(SENT) == []


def test_a_reply_that_went_out_and_something_else_has_changed() -> None:
    _, messages = replying(SENT, attrs.evolve(MAIL, data={}))
    assert story(messages) == [
        ("PLATFORM_ERROR", IT),
        ("interaction.message.added", IT),
        ("interaction.datachanged", IT),
    ]


def test_a_reply_whose_message_was_told_before_ends_the_email_all_the_same() -> None:
    """The platform did it after a timeout, and told of the message; the second try says how the email ended."""
    desk = with_interaction(MAIL)
    desk.report(SENT)
    desk.platform.instead["ReplyEmail"] = Replied(message=SENT, interaction=DONE)
    messages = desk.ask("interaction.reply", IT, {"text": "Dear Carol"})
    assert story(messages) == [("success", IT), ("interaction.ended", IT), *completion(IT)]
