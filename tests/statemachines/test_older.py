"""An answer is newer than what was reported before it: specs/adapter-interface.md, "Reports"."""

from typing import Any

import attrs
import pytest

from protocol.platform import GroupReport, Replied, Report, Snapshot, TypingChanged
from statemachines.older import left_of
from tests.fakes.calls import CUSTOMER, call, chat, email, posted
from tests.fakes.platform import channel

PHONE, OTHER_PHONE = channel("4001", "READY"), channel("4002", "READY")
CALL = call("STARTED")
WITH_CHANNEL = attrs.evolve(CALL, channel=channel("4001", "NOTREADY"))
OTHER_CALL = attrs.evolve(call(key="2"), channel=channel("4001", "WORK"))
CALL_ELSEWHERE = attrs.evolve(call(at="4002"), channel=OTHER_PHONE)
POST = posted("Hello")
SAME_ID_ELSEWHERE = posted("Hello", at="chat-2")
SAME_ID_IN_ANOTHER = posted("Hello", interaction="2")
TYPING = TypingChanged(endpoint="chat-1", interaction="1", id="x2", party=CUSTOMER, typing=True)
SNAPSHOT = Snapshot(agent_name="Ann")
SALES = GroupReport(name="Sales", channels=(PHONE,))
MAIL = email("COMPLETED")
ANSWER_TO_MAIL = Replied(message=posted("Dear Carol", at="email-1"), interaction=MAIL)
ANSWER_WITH_CHANNEL = attrs.evolve(ANSWER_TO_MAIL, interaction=attrs.evolve(MAIL, channel=channel("email-1", "READY")))

LEFT: dict[str, tuple[Report, Any, Report | None]] = {
    # The whole world was told, as it is; what comes up once is in it only where the interaction is new
    "a channel beside a snapshot": (PHONE, SNAPSHOT, None),
    "a call beside a snapshot": (WITH_CHANNEL, SNAPSHOT, None),
    "a post beside a snapshot": (POST, SNAPSHOT, POST),
    # A channel was told
    "a channel beside itself": (channel("4001"), PHONE, None),
    "a channel beside another": (OTHER_PHONE, PHONE, OTHER_PHONE),
    "a call beside its channel": (WITH_CHANNEL, PHONE, CALL),
    "a call without its channel beside it": (CALL, PHONE, CALL),
    "a call beside another channel": (CALL_ELSEWHERE, PHONE, CALL_ELSEWHERE),
    "a post beside its channel": (POST, channel("chat-1", "READY"), POST),
    # A group was told
    "a channel beside its group": (PHONE, SALES, None),
    "a channel beside another group": (OTHER_PHONE, SALES, OTHER_PHONE),
    "a call beside its group": (WITH_CHANNEL, SALES, CALL),
    "a call beside another group": (CALL_ELSEWHERE, SALES, CALL_ELSEWHERE),
    # An interaction was told
    "a call beside itself": (call(), CALL, None),
    "a call beside itself that says nothing of the channel": (WITH_CHANNEL, CALL, channel("4001", "NOTREADY")),
    "a call beside itself and its channel": (WITH_CHANNEL, WITH_CHANNEL, None),
    "a call beside another one": (OTHER_CALL, CALL, OTHER_CALL),
    "a call beside another one and its channel": (OTHER_CALL, WITH_CHANNEL, attrs.evolve(OTHER_CALL, channel=None)),
    "a call of the same id elsewhere": (CALL_ELSEWHERE, WITH_CHANNEL, CALL_ELSEWHERE),
    "a channel beside a call": (PHONE, CALL, PHONE),
    "a channel beside a call and itself": (PHONE, WITH_CHANNEL, None),
    "another channel beside a call": (OTHER_PHONE, WITH_CHANNEL, OTHER_PHONE),
    "a post beside its interaction": (POST, chat("STARTED"), POST),
    # A message was told
    "a message beside itself": (POST, POST, None),
    "a message beside one of the same id elsewhere": (SAME_ID_ELSEWHERE, POST, SAME_ID_ELSEWHERE),
    "a message beside one of the same id in another": (SAME_ID_IN_ANOTHER, POST, SAME_ID_IN_ANOTHER),
    "typing beside a message": (TYPING, POST, TYPING),
    "a chat beside its message": (chat("STARTED"), POST, chat("STARTED")),
    "a channel beside a message": (channel("chat-1"), POST, channel("chat-1")),
    # An email was answered
    "an email beside its answer": (email("STARTED"), ANSWER_TO_MAIL, None),
    "the message of an answer": (posted("Dear Carol", at="email-1"), ANSWER_TO_MAIL, None),
    "another message beside an answer": (
        posted("Dear Carol", at="email-1", key="x9"),
        ANSWER_TO_MAIL,
        posted("Dear Carol", at="email-1", key="x9"),
    ),
    "a channel beside an answer": (channel("email-1"), ANSWER_TO_MAIL, channel("email-1")),
    "a channel beside an answer and itself": (channel("email-1"), ANSWER_WITH_CHANNEL, None),
    "another email beside an answer": (email(key="2"), ANSWER_TO_MAIL, email(key="2")),
    # Nothing of the kind was told
    "a channel beside nothing": (PHONE, None, PHONE),
    "a call beside a list": (WITH_CHANNEL, (), WITH_CHANNEL),
    "a post beside nonsense": (POST, "ready", POST),
}
"""By name: what was reported, the answer that came after it, and what is left."""


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_of_an_older_report(name: str) -> None:
    report, answer, left = LEFT[name]
    assert left_of(report, answer) == left
