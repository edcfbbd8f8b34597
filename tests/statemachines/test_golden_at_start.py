"""What exists already when a session starts, and what ends with it, word for word: specs/protocol.md, "Commands".

Every list here is copied from the tables of the specification, never from what the core happens to say.
"""

import pytest

from protocol.platform import InteractionReport
from protocol.states import DisposalCause
from tests.fakes.calls import alternated, answered, call, chat, consulting, email, leg
from tests.fakes.desk import Desk, story, su, with_interaction
from tests.fakes.platform import FakePlatform, channel

TALKING = call("STARTED")
ASKING = answered(consulting(TALKING, "4002"))
Story = list[tuple[str, str]]


def leg_bracket(target: str) -> Story:
    return [
        ("conversation.created", target),
        su(target),
        ("conversation.member.added", target),
        ("conversation.initialized", target),
    ]


def call_bracket(target: str, *legs: str, shown: str) -> Story:
    """`shown` is the event that stands before initialized: preview or started."""
    return [
        ("interaction.created", target),
        su(target),
        *[event for each in legs for event in leg_bracket(f"{target}.{each}")],
        ("interaction.datachanged", target),
        (shown, target),
        ("interaction.initialized", target),
    ]


PREVIEW, STARTED, ENDED = "interaction.preview", "interaction.started", "interaction.ended"

EXISTING: dict[str, tuple[InteractionReport, tuple[str, ...], str]] = {
    "ringing call": (call("ALERTING"), ("v1",), PREVIEW),
    "dialled call": (call("DIALING"), ("v1",), PREVIEW),
    "call": (TALKING, ("v1",), STARTED),
    "held call": (call("STARTED", leg("HELD")), ("v1",), STARTED),
    "call with a ringing consult": (consulting(TALKING, "4002"), ("v1", "v2"), STARTED),
    "call with a consult": (ASKING, ("v1", "v2"), STARTED),
    "call with a held consult": (alternated(ASKING), ("v1", "v2"), STARTED),
    "offered chat": (chat("ALERTING"), (), PREVIEW),
    "chat": (chat("STARTED"), (), STARTED),
    "offered email": (email("ALERTING"), (), PREVIEW),
    "email": (email("STARTED"), (), STARTED),
    "call in wrap-up": (call("ENDED", wrapup_s=10.0), (), ENDED),
    "chat in wrap-up": (chat("ENDED"), (), ENDED),
}
"""By name: the interaction, the ids of its legs, and the event that is told of it before initialized."""


@pytest.mark.parametrize("name", EXISTING)
def test_found_at_start_in_a_standalone_channel(name: str) -> None:
    it, legs, shown = EXISTING[name]
    fake = FakePlatform().with_channels(channel(it.endpoint, "READY")).with_interactions(it)
    messages = Desk(fake).ask("session.start")
    assert story(messages) == [
        ("success", ""),
        ("channel.created", ".c1"),
        su(".c1"),
        *call_bracket(".c1.i1", *legs, shown=shown),
        ("channel.initialized", ".c1"),
        ("session.initialized", ""),
    ]
    assert messages[3]["data"]["interaction"]["state"] == it.state


@pytest.mark.parametrize("name", EXISTING)
def test_found_at_start_in_a_group(name: str) -> None:
    it, legs, shown = EXISTING[name]
    fake = FakePlatform().with_group("Sales", channel("4009"), channel(it.endpoint, "READY")).with_interactions(it)
    assert story(Desk(fake).ask("session.start")) == [
        ("success", ""),
        ("channelgroup.created", ".g1"),
        su(".g1"),
        ("channel.created", ".g1.c1"),
        su(".g1.c1"),
        ("channel.initialized", ".g1.c1"),
        ("channel.created", ".g1.c2"),
        su(".g1.c2"),
        *call_bracket(".g1.c2.i1", *legs, shown=shown),
        ("channel.initialized", ".g1.c2"),
        ("channelgroup.initialized", ".g1"),
        ("session.initialized", ""),
    ]


def test_found_at_start_several() -> None:
    fake = FakePlatform().with_channels(channel("4001", "READY"), channel("chat-1", "READY"))
    desk = Desk(fake.with_interactions(chat("STARTED"), TALKING, chat("ALERTING", key="2")))
    assert story(desk.ask("session.start")) == [
        ("success", ""),
        ("channel.created", ".c1"),
        su(".c1"),
        *call_bracket(".c1.i2", "v1", shown=STARTED),
        ("channel.initialized", ".c1"),
        ("channel.created", ".c2"),
        su(".c2"),
        *call_bracket(".c2.i1", shown=STARTED),
        *call_bracket(".c2.i3", shown=PREVIEW),
        ("channel.initialized", ".c2"),
        ("session.initialized", ""),
    ]


def test_after_a_reset_the_call_comes_anew() -> None:
    desk = with_interaction(TALKING)
    desk.bind(reset=True)
    assert story(desk.ask("session.start")) == [
        ("success", ""),
        ("channel.created", ".c2"),
        su(".c2"),
        *call_bracket(".c2.i2", "v2", shown=STARTED),
        ("channel.initialized", ".c2"),
        ("session.initialized", ""),
    ]
    assert story(desk.ask("conversation.hold", ".c2.i2.v2")) == [("success", ".c2.i2.v2"), su(".c2.i2.v2")]


def test_found_in_a_channel_that_is_added() -> None:
    """The platform tells of it right after."""
    desk = Desk().started()
    desk.ask("session.addchannel", data={"channel": {"endpoint": "4001", "type": "Telephony"}})
    assert story(desk.report(TALKING)) == [
        ("channel.infochanged", ".c1"),
        su(".c1"),
        *call_bracket(".c1.i1", "v1", shown=STARTED),
    ]


@pytest.mark.parametrize("cause", DisposalCause)
@pytest.mark.parametrize("it", [call(), ASKING, call("ENDED", wrapup_s=10.0), chat("STARTED")])
def test_a_session_that_ends_tells_nothing_of_what_ends_with_it(cause: DisposalCause, it: InteractionReport) -> None:
    assert story(with_interaction(it).end(cause)) == [("session.disposed", "")]
