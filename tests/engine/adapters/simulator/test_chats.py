"""What customers and agents do in a chat: what each call and each hand of the customer's side tells, word for word."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.adapters.simulator.settings import SimulatedTranscript
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    FilePosted,
    FormSubmitted,
    InteractionReport,
    MessagePosted,
    Party,
    PartyChanged,
    PlatformCall,
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
    StartAgent,
    TypingChanged,
)
from protocol.states import Ability, ChannelType, InteractionState, PartyRole
from tests.engine.adapters.simulator.media_floor import ADA, Floor, customer, endpoint, interaction, said

CHAT = ChannelType.CHAT
WHERE = {"endpoint": endpoint("ada", CHAT), "interaction": "interaction1"}
CARL = customer("contact1")
URL = "https://example.org/boot.png"


def a_chat(abilities: frozenset[Ability] | None = None, **changes: Any) -> tuple[Floor, str]:
    """Ada has accepted a chat."""
    floor = Floor(**changes)
    floor.start("ada", CHAT)
    contact = floor.switch.chat("Sales", "Carl", abilities=abilities)
    floor.pass_time(0)
    floor.accept("ada", CHAT, "interaction1")
    floor.take()
    return floor, contact


def posts(floor: Floor) -> list[Post]:
    """What came up for Ada since the line was last asked; nothing else was told."""
    told = floor.take()
    assert all(agent == "ada" and isinstance(report, Post) for agent, report in told), told
    return [report for _, report in told if isinstance(report, Post)]


def transcript(floor: Floor) -> tuple[tuple[str, str, str], ...]:
    """Id, party and text of all that the switch has of the chat, as the next agent would find it."""
    (report,) = floor.ask("ada", StartAgent()).interactions
    return tuple((message.id, message.party.id, message.text) for message in report.transcript)


# Messages


def test_a_customers_message_is_told_and_kept() -> None:
    floor, contact = a_chat()
    floor.pass_time(61.5)
    floor.switch.customer_message(contact, "hello")
    assert posts(floor) == [
        MessagePosted(**WHERE, id="message1", party=CARL, text="hello", time="1970-01-01T00:01:01.500Z")
    ]
    assert transcript(floor) == (("message1", "contact1", "hello"),)


def test_an_agents_message_is_the_answer_and_is_told_as_well_lest_the_answer_comes_too_late() -> None:
    floor, contact = a_chat()
    posted = floor.ask("ada", SendMessage(**WHERE, text="hi"))
    assert posted == MessagePosted(**WHERE, id="message1", party=ADA, text="hi", time="1970-01-01T00:00:00.000Z")
    assert posts(floor) == [posted]
    assert transcript(floor) == (("message1", "agent-ada", "hi"),)
    assert floor.switch.customer_page(contact).unread == 1


def test_times_are_those_of_the_world() -> None:
    floor, contact = a_chat()
    floor.switch.follow(lambda: 5.25, on_earlier=lambda: None, epoch=1_795_253_400.0)
    floor.switch.customer_message(contact, "hello")
    (post,) = posts(floor)
    assert isinstance(post, MessagePosted)
    assert post.time == "2026-11-21T09:30:05.250Z"


def test_what_is_said_while_the_chat_is_offered_is_told_too() -> None:
    floor = Floor()
    floor.start("ada", CHAT)
    contact = floor.switch.chat("Sales", "Carl")
    floor.pass_time(0)
    floor.take()
    floor.switch.customer_message(contact, "is anybody there?")
    assert [type(post) for post in posts(floor)] == [MessagePosted]


def test_what_is_said_while_nobody_has_the_chat_is_found_by_who_takes_it() -> None:
    floor = Floor()
    contact = floor.switch.chat("Sales", "Carl")
    floor.pass_time(2)
    floor.switch.customer_message(contact, "is anybody there?")
    floor.start("ada", CHAT)
    (offer,) = floor.switch.perform("ada", StartAgent()).interactions
    assert offer.transcript == (said("message1", CARL, "is anybody there?", 2),)


@pytest.mark.parametrize("text", ["", "x" * 32_769, "NUL \0", "half \ud800", None, 5])
def test_a_message_that_cannot_be_sent_is_refused_and_changes_nothing(text: Any) -> None:
    floor, contact = a_chat()
    floor.switch.customer_typing(contact, True)
    floor.take()
    with pytest.raises(Refused, match=r"^INVALID_REQUEST: text: ") as refusal:
        floor.switch.customer_message(contact, text)
    assert refusal.value.code is FailureCode.INVALID_REQUEST
    assert posts(floor) == []
    assert transcript(floor) == ()


def test_a_flood_is_told_and_only_the_latest_of_it_is_kept() -> None:
    floor, contact = a_chat(transcript=SimulatedTranscript(messages=50, characters=100_000))
    for number in range(10_000):
        floor.switch.customer_message(contact, f"message {number}")
    told = posts(floor)
    assert [post.text for post in told if isinstance(post, MessagePosted)] == [f"message {n}" for n in range(10_000)]
    kept = transcript(floor)
    assert kept[0] == ("contact1-left-out", "system", "9950 earlier messages are left out")
    assert [text for _, _, text in kept[1:]] == [f"message {n}" for n in range(9_950, 10_000)]
    floor.switch.customer_leaves(contact)
    assert floor.switch.live_objects() == 0


# Typing


def test_typing_is_told_when_it_changes_and_ends_with_the_message() -> None:
    floor, contact = a_chat()
    floor.switch.customer_typing(contact, False)
    floor.switch.customer_typing(contact, True)
    floor.switch.customer_typing(contact, True)
    floor.switch.customer_message(contact, "hello")
    floor.switch.customer_typing(contact, True)
    floor.switch.customer_typing(contact, False)
    started, stopped, message, again, over = posts(floor)
    assert started == TypingChanged(**WHERE, id="post1", party=CARL, typing=True)
    assert stopped == TypingChanged(**WHERE, id="post2", party=CARL, typing=False)
    assert isinstance(message, MessagePosted)
    assert again == TypingChanged(**WHERE, id="post3", party=CARL, typing=True)
    assert over == TypingChanged(**WHERE, id="post4", party=CARL, typing=False)


def test_the_next_agent_sees_typing_that_went_on() -> None:
    floor, contact = a_chat()
    floor.start("bob", CHAT)
    floor.switch.customer_typing(contact, True)
    floor.transfer("ada", CHAT, "interaction1", agent="bob")
    floor.take()
    floor.switch.customer_typing(contact, True)
    (told,) = floor.take()
    assert told == (
        "bob",
        TypingChanged(endpoint=endpoint("bob", CHAT), interaction="interaction2", id="post2", party=CARL, typing=True),
    )


def test_the_customer_sees_the_agent_type_until_the_message_is_there() -> None:
    floor, contact = a_chat()
    assert floor.ask("ada", SetTyping(**WHERE, typing=True)) is None
    assert floor.switch.customer_page(contact).agent_typing
    floor.ask("ada", SetTyping(**WHERE, typing=False))
    assert not floor.switch.customer_page(contact).agent_typing
    floor.ask("ada", SetTyping(**WHERE, typing=True))
    assert posts(floor) == []
    floor.ask("ada", SendMessage(**WHERE, text="hi"))
    assert not floor.switch.customer_page(contact).agent_typing


# Files


def test_a_file_of_the_customer_is_told_and_stands_in_the_transcript() -> None:
    floor, contact = a_chat()
    floor.switch.customer_file(contact, "boot.png", URL, "image/png", 1024)
    file = FilePosted(**WHERE, id="message1", party=CARL, name="boot.png", url=URL, type="image/png", size=1024)
    assert posts(floor) == [file]
    assert transcript(floor) == (("message1", "contact1", f"boot.png: {URL}"),)


def test_a_file_of_the_agent_is_told_once_the_customers_side_has_it() -> None:
    floor, _ = a_chat()
    assert floor.ask("ada", SendFile(**WHERE, name="how-to.pdf", url=URL)) is None
    assert posts(floor) == [FilePosted(**WHERE, id="message1", party=ADA, name="how-to.pdf", url=URL)]
    assert transcript(floor) == (("message1", "agent-ada", f"how-to.pdf: {URL}"),)


@pytest.mark.parametrize(
    ("file", "at"),
    [
        (("", URL), "name"),
        (("boot.png", "boot.png"), "url"),
        (("boot.png", URL, ""), "content_type"),
        (("boot.png", URL, None, -1), "size"),
    ],
)
def test_a_file_that_cannot_be_sent_is_refused(file: tuple[Any, ...], at: str) -> None:
    floor, contact = a_chat()
    with pytest.raises(Refused, match=f"^INVALID_REQUEST: {at}: expected"):
        floor.switch.customer_file(contact, *file)
    assert posts(floor) == []


# Pages, forms, screenshots, signals


def test_a_page_is_shown_to_the_customer() -> None:
    floor, contact = a_chat()
    push = PushUrl(**WHERE, url=URL, title="Boots")
    assert floor.ask("ada", push) is None
    assert floor.switch.customer_page(contact).url == push
    assert posts(floor) == []


def test_a_form_is_filled_in_once() -> None:
    floor, contact = a_chat()
    show = ShowForm(**WHERE, form="address", title="Where to?", fields={"street": "Street"})
    assert floor.ask("ada", show) is None
    assert floor.switch.customer_page(contact).form == show
    floor.switch.customer_form(contact, "address", {"street": "Elm St"})
    assert posts(floor) == [FormSubmitted(**WHERE, id="post1", party=CARL, form="address", values={"street": "Elm St"})]
    with pytest.raises(Refused, match=r"^INVALID_STATE: contact1 is shown no form address; wait"):
        floor.switch.customer_form(contact, "address", {"street": "Elm St"})


def test_only_the_form_that_is_shown_can_be_filled_in() -> None:
    floor, contact = a_chat()
    floor.ask("ada", ShowForm(**WHERE, form="address"))
    floor.ask("ada", ShowForm(**WHERE, form="survey"))
    with pytest.raises(Refused, match="is shown no form address"):
        floor.switch.customer_form(contact, "address", {})
    floor.switch.customer_form(contact, "survey", {})
    assert [type(post) for post in posts(floor)] == [FormSubmitted]


@pytest.mark.parametrize(
    ("answer", "accepted", "url"), [((True, URL), True, URL), ((False,), False, None), ((False, URL), False, None)]
)
def test_a_screenshot_is_answered_once(answer: tuple[Any, ...], accepted: bool, url: str | None) -> None:
    floor, contact = a_chat()
    assert floor.ask("ada", RequestScreenshot(**WHERE)) is None
    assert floor.switch.customer_page(contact).screenshot_asked
    floor.switch.customer_screenshot(contact, *answer)
    assert posts(floor) == [ScreenshotAnswered(**WHERE, id="post1", party=CARL, accepted=accepted, url=url)]
    with pytest.raises(Refused, match=r"^INVALID_STATE: contact1 was not asked for a screenshot"):
        floor.switch.customer_screenshot(contact, *answer)


def test_signals_go_both_ways() -> None:
    floor, contact = a_chat()
    send = SendSignal(**WHERE, name="OFFER_CALL", data={"sdp": "v=0"})
    assert floor.ask("ada", send) is None
    assert floor.switch.customer_page(contact).signal == send
    floor.switch.customer_signal(contact, "ANSWER_CALL", {"sdp": "v=1"})
    floor.switch.customer_signal(contact, "END_CALL")
    assert posts(floor) == [
        SignalReceived(**WHERE, id="post1", party=CARL, name="ANSWER_CALL", data={"sdp": "v=1"}),
        SignalReceived(**WHERE, id="post2", party=CARL, name="END_CALL"),
    ]
    assert floor.switch.customer_page(contact).signal is None


def test_a_signal_needs_somebody_to_get_it() -> None:
    floor = Floor()
    contact = floor.switch.chat("Sales", "Carl")
    with pytest.raises(Refused, match=r"^INVALID_STATE: nobody has chat contact1 now; wait"):
        floor.switch.customer_signal(contact, "REQUEST_CALL")


def test_what_an_agent_has_asked_goes_with_the_agent() -> None:
    floor, contact = a_chat()
    for call in (
        ShowForm(**WHERE, form="address"),
        RequestScreenshot(**WHERE),
        SendSignal(**WHERE, name="OFFER_CALL"),
        SetTyping(**WHERE, typing=True),
        PushUrl(**WHERE, url=URL),
    ):
        floor.ask("ada", call)
    floor.transfer("ada", CHAT, "interaction1", queue="Service")
    page = floor.switch.customer_page(contact)
    assert (page.taken, page.form, page.screenshot_asked, page.signal, page.agent_typing) == (
        False,
        None,
        False,
        None,
        False,
    )
    assert page.url is not None


NEEDS: dict[Ability, PlatformCall[None]] = {
    Ability.FILE: SendFile(**WHERE, name="how-to.pdf", url=URL),
    Ability.URL: PushUrl(**WHERE, url=URL),
    Ability.FORM: ShowForm(**WHERE, form="address"),
    Ability.SCREENSHOT: RequestScreenshot(**WHERE),
    Ability.SIGNAL: SendSignal(**WHERE, name="OFFER_CALL"),
}


@pytest.mark.parametrize("ability", Ability)
def test_a_call_needs_the_ability_of_the_customers_side(ability: Ability) -> None:
    without, contact = a_chat(frozenset(Ability) - {ability})
    before = without.switch.customer_page(contact)
    assert without.refused("ada", NEEDS[ability])[0] is FailureCode.UNSUPPORTED
    assert (without.switch.customer_page(contact), transcript(without)) == (before, ())
    alone, _ = a_chat(frozenset({ability}))
    assert alone.ask("ada", NEEDS[ability]) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda floor, contact: floor.switch.customer_file(contact, "boot.png", URL),
        lambda floor, contact: floor.switch.customer_signal(contact, "REQUEST_CALL"),
    ],
    ids=["file", "signal"],
)
def test_the_customers_side_does_not_do_what_it_cannot(act: Callable[[Floor, str], None]) -> None:
    floor, contact = a_chat(frozenset())
    with pytest.raises(Refused, match=r"^UNSUPPORTED: the customer's side of contact1 has no"):
        act(floor, contact)
    assert posts(floor) == []


def test_the_offer_tells_what_the_customers_side_can_do() -> None:
    floor = Floor()
    floor.start("ada", CHAT)
    floor.switch.chat("Sales", "Carl", abilities={Ability.URL})
    floor.pass_time(0)
    offer = interaction(
        "ada", CHAT, "interaction1", "contact1", InteractionState.ALERTING, abilities=frozenset({Ability.URL})
    )
    assert floor.take() == [("ada", offer)]


# Supervisors


def test_a_supervisor_joins_and_leaves() -> None:
    floor, contact = a_chat()
    grace = Party(id="supervisor-Grace", name="Grace", role=PartyRole.SUPERVISOR)
    floor.switch.supervisor_joins(contact, "Grace")
    with pytest.raises(Refused, match=r"^INVALID_STATE: Grace looks on at contact1 already"):
        floor.switch.supervisor_joins(contact, "Heidi")
    floor.switch.supervisor_leaves(contact)
    with pytest.raises(Refused, match=r"^INVALID_STATE: nobody looks on at contact1"):
        floor.switch.supervisor_leaves(contact)
    assert posts(floor) == [
        PartyChanged(**WHERE, id="post1", party=grace, joined=True),
        PartyChanged(**WHERE, id="post2", party=grace, joined=False),
    ]


def test_the_next_agent_is_told_of_the_supervisor() -> None:
    floor, contact = a_chat()
    floor.start("bob", CHAT)
    floor.switch.supervisor_joins(contact, "Grace")
    floor.transfer("ada", CHAT, "interaction1", agent="bob")
    assert [type(report) for agent, report in floor.take() if agent == "bob"] == [InteractionReport, PartyChanged]
