"""Emails: how they come, are answered, and are handed on with what was written before."""

from typing import Any

import pytest

from engine.adapters.simulator.emails import SENT_KEPT, Sent
from engine.adapters.simulator.settings import Capacity, WrapUpTimes
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    Attachment,
    InteractionReport,
    LogoutAgent,
    MessagePosted,
    Replied,
    ReplyEmail,
    SendMessage,
    SetTyping,
)
from protocol.states import AgentState, ChannelType, EndCause, InteractionState
from tests.engine.adapters.simulator.media_floor import (
    ADA,
    SYSTEM,
    Floor,
    channel,
    customer,
    endpoint,
    interaction,
    said,
)

EMAIL = ChannelType.EMAIL
CARL = customer("contact1", "carl@example.org")
DATA = {"from": "carl@example.org", "subject": "Boots"}
ASKED = said("message1", CARL, "They leak.")
WHERE = {"endpoint": endpoint("ada", EMAIL), "interaction": "interaction1"}


def email(agent: str, id_: str, state: InteractionState, **more: Any) -> InteractionReport:
    if state not in (InteractionState.ENDED, InteractionState.COMPLETED):
        more = {"transcript": (ASKED,), **more}
    return interaction(agent, EMAIL, id_, "contact1", state, data=DATA, **more)


def an_email(**changes: Any) -> tuple[Floor, str]:
    """Ada has accepted an email."""
    floor = Floor(**changes)
    floor.start("ada", EMAIL)
    contact = floor.switch.email("Sales", "carl@example.org", "Boots", "They leak.")
    floor.pass_time(0)
    assert floor.take() == [("ada", email("ada", "interaction1", InteractionState.ALERTING))]
    assert floor.accept("ada", EMAIL, "interaction1") == email("ada", "interaction1", InteractionState.STARTED)
    floor.take()
    return floor, contact


def test_an_email_waits_as_long_as_it_takes() -> None:
    floor = Floor()
    floor.switch.email("Sales", "carl@example.org", "Boots", "They leak.")
    floor.pass_time(1_000_000)
    floor.start("ada", EMAIL, agentstate=AgentState.NOTREADY)
    assert floor.switch.tally.over == 0


def test_what_the_caller_attaches_stands_beside_sender_and_subject() -> None:
    floor = Floor()
    floor.start("ada", EMAIL)
    floor.switch.email("Sales", "carl@example.org", "Boots", "They leak.", {"vip": "yes"})
    floor.pass_time(0)
    (offer,) = floor.offers("ada")
    assert offer.data == {"from": "carl@example.org", "subject": "Boots", "vip": "yes"}


def test_a_reply_ends_it() -> None:
    floor, _ = an_email()
    floor.pass_time(5)
    posted = MessagePosted(**WHERE, id="message2", party=ADA, text="Sorry.", time="1970-01-01T00:00:05.000Z")
    over = email("ada", "interaction1", InteractionState.COMPLETED, cause=EndCause.RELEASED)
    assert floor.ask("ada", ReplyEmail(**WHERE, text="Sorry.")) == Replied(message=posted, interaction=over)
    assert floor.take() == [("ada", posted), ("ada", over)]
    assert floor.switch.emails_sent == (
        Sent(contact="contact1", to="carl@example.org", subject="Boots", text="Sorry."),
    )
    assert floor.switch.tally.answered == 1
    assert floor.switch.live_objects() == 0


def test_a_reply_is_wrapped_up() -> None:
    floor, _ = an_email(wrapup_s=WrapUpTimes(email=60.0), capacity=Capacity(email=1))
    replied = floor.ask("ada", ReplyEmail(**WHERE, text="Sorry."))
    assert replied.interaction == email(
        "ada",
        "interaction1",
        InteractionState.ENDED,
        cause=EndCause.RELEASED,
        wrapup_s=60.0,
        channel=channel("ada", EMAIL, AgentState.WORK),
    )
    assert floor.refused("ada", ReplyEmail(**WHERE, text="Sorry again."))[0] is FailureCode.INVALID_STATE
    floor.complete("ada", EMAIL, "interaction1")
    assert floor.switch.live_objects() == 0


def test_a_reply_may_have_another_subject_and_attachments() -> None:
    floor, _ = an_email()
    attached = (Attachment(name="voucher.pdf", url="https://example.org/voucher.pdf"),)
    floor.ask("ada", ReplyEmail(**WHERE, text="Sorry.", subject="Your voucher", attachments=attached))
    assert floor.switch.emails_sent == (
        Sent(contact="contact1", to="carl@example.org", subject="Your voucher", text="Sorry.", attachments=attached),
    )


def test_an_empty_subject_is_a_subject() -> None:
    floor, _ = an_email()
    floor.ask("ada", ReplyEmail(**WHERE, text="Sorry.", subject=""))
    assert [sent.subject for sent in floor.switch.emails_sent] == [""]


def test_a_message_goes_out_and_does_not_end_it() -> None:
    floor, contact = an_email()
    posted = floor.ask("ada", SendMessage(**WHERE, text="Which size?"))
    assert posted == MessagePosted(
        **WHERE, id="message2", party=ADA, text="Which size?", time="1970-01-01T00:00:00.000Z"
    )
    assert floor.take() == [("ada", posted)]
    floor.switch.email_follows(contact, "Ten.")
    follows = MessagePosted(**WHERE, id="message3", party=CARL, text="Ten.", time="1970-01-01T00:00:00.000Z")
    assert floor.take() == [("ada", follows)]
    assert [sent.text for sent in floor.switch.emails_sent] == ["Which size?"]


def test_handed_on_it_has_all_that_was_written() -> None:
    floor, contact = an_email()
    floor.start("bob", EMAIL)
    floor.ask("ada", SendMessage(**WHERE, text="Which size?"))
    floor.switch.email_follows(contact, "Ten.")
    floor.take()
    over = email("ada", "interaction1", InteractionState.COMPLETED, cause=EndCause.TRANSFERRED)
    assert floor.transfer("ada", EMAIL, "interaction1", queue="Service", note="size ten") == over
    floor.pass_time(0)
    transcript = (
        ASKED,
        said("message2", ADA, "Which size?"),
        said("message3", CARL, "Ten."),
        said("message4", SYSTEM, "size ten"),
    )
    offer = email("bob", "interaction2", InteractionState.ALERTING, transcript=transcript)
    assert floor.take() == [("ada", over), ("bob", offer)]


def test_the_emails_of_an_agent_who_logs_out_go_to_others() -> None:
    floor, _ = an_email()
    floor.start("bob", EMAIL)
    floor.ask("ada", LogoutAgent())
    floor.take()
    floor.pass_time(0)
    assert floor.take() == [("bob", email("bob", "interaction2", InteractionState.ALERTING))]


@pytest.mark.parametrize("accepted", [False, True])
def test_an_email_that_is_withdrawn_is_over(accepted: bool) -> None:
    floor = Floor()
    floor.start("ada", EMAIL)
    contact = floor.switch.email("Sales", "carl@example.org", "Boots", "They leak.")
    floor.pass_time(0)
    if accepted:
        floor.accept("ada", EMAIL, "interaction1")
    floor.take()
    floor.switch.customer_withdraws(contact)
    cause = EndCause.REMOTE if accepted else EndCause.ABANDONED
    assert floor.take() == [("ada", email("ada", "interaction1", InteractionState.COMPLETED, cause=cause))]
    assert floor.switch.live_objects() == 0
    with pytest.raises(Refused, match="contact1"):
        floor.switch.customer_withdraws(contact)


def test_an_email_is_no_chat() -> None:
    floor, _ = an_email()
    assert floor.refused("ada", SetTyping(**WHERE, typing=True))[0] is FailureCode.UNSUPPORTED


@pytest.mark.parametrize(
    ("mail", "at"),
    [
        (("", "Boots", "They leak."), "from"),
        (("carl@example.org", "x" * 4_097, "They leak."), "subject"),
        (("carl@example.org", "Boots", ""), "text"),
        (("carl@example.org", "Boots\0", "They leak."), "subject"),
    ],
)
def test_an_email_that_cannot_be_is_refused_and_leaves_nothing(mail: tuple[str, ...], at: str) -> None:
    floor = Floor()
    with pytest.raises(Refused, match=f"^INVALID_REQUEST: {at}: "):
        floor.switch.email("Sales", *mail)
    assert (floor.switch.live_objects(), floor.switch.tally.offered) == (0, 0)


def test_the_latest_emails_that_went_out_are_kept() -> None:
    floor, _ = an_email()
    for number in range(SENT_KEPT + 5):
        floor.ask("ada", SendMessage(**WHERE, text=str(number)))
    assert [sent.text for sent in floor.switch.emails_sent] == [str(number) for number in range(5, SENT_KEPT + 5)]
