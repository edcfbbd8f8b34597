"""How chats go from one agent to the next: all that was said goes with them, and none is lost."""

import pytest

from engine.adapters.simulator.settings import SimulatedQueue, WrapUpTimes
from protocol.errors import FailureCode
from protocol.platform import (
    ChannelReport,
    DeactivateChannel,
    LogoutAgent,
    SendMessage,
    SetAgentState,
    Snapshot,
    StartAgent,
    TransferInteraction,
)
from protocol.states import AgentState, ChannelType, EndCause, InteractionState
from tests.engine.adapters.simulator.media_floor import (
    ADA,
    SYSTEM,
    Floor,
    a_started_chat,
    channel,
    chat,
    customer,
    endpoint,
    said,
)

CHAT = ChannelType.CHAT
ALERTING, STARTED = InteractionState.ALERTING, InteractionState.STARTED
ENDED, COMPLETED = InteractionState.ENDED, InteractionState.COMPLETED


# Handing on


def test_transferred_to_a_queue_it_comes_with_transcript_note_and_data() -> None:
    floor, contact = a_started_chat()
    floor.start("bob", CHAT)
    floor.pass_time(5)
    floor.switch.customer_message(contact, "a broken boot")
    where = {"endpoint": endpoint("ada", CHAT), "interaction": "interaction1"}
    floor.ask("ada", SendMessage(**where, text="one moment"))
    floor.take()
    over = chat("ada", "interaction1", COMPLETED, cause=EndCause.TRANSFERRED)
    assert floor.transfer("ada", CHAT, "interaction1", queue="Service", note="the left one") == over
    floor.pass_time(0)
    transcript = (
        said("message1", customer("contact1"), "a broken boot", 5),
        said("message2", ADA, "one moment", 5),
        said("message3", SYSTEM, "the left one", 5),
    )
    assert floor.take() == [("ada", over), ("bob", chat("bob", "interaction2", ALERTING, transcript=transcript))]
    floor.accept("bob", CHAT, "interaction2")
    floor.release("bob", CHAT, "interaction2")
    assert floor.switch.tally.answered == floor.switch.tally.offered == 1
    floor.finish()


def test_transferred_to_the_own_queue_it_does_not_come_back_at_once() -> None:
    floor, _ = a_started_chat()
    floor.transfer("ada", CHAT, "interaction1", queue="Sales")
    floor.take()
    floor.pass_time(9.9)
    assert floor.take() == []
    floor.pass_time(0.1)
    assert floor.take() == [("ada", chat("ada", "interaction2", ALERTING))]


@pytest.mark.parametrize("name", ["bob", "Bob"])
@pytest.mark.parametrize("agentstate", [AgentState.READY, AgentState.NOTREADY])
def test_transferred_to_an_agent_it_is_offered_to_that_agent(name: str, agentstate: AgentState) -> None:
    floor, _ = a_started_chat()
    floor.start("bob", CHAT, agentstate=agentstate)
    floor.transfer("ada", CHAT, "interaction1", agent=name)
    assert floor.take() == [
        ("ada", chat("ada", "interaction1", COMPLETED, cause=EndCause.TRANSFERRED)),
        ("bob", chat("bob", "interaction2", ALERTING)),
    ]
    started = floor.accept("bob", CHAT, "interaction2")
    assert started == chat("bob", "interaction2", STARTED)


def test_a_wrap_up_goes_on_beside_the_next_agent() -> None:
    floor, _ = a_started_chat(wrapup_s=WrapUpTimes(chat=15.0))
    floor.start("bob", CHAT)
    work = channel("ada", CHAT, AgentState.WORK)
    ended = chat("ada", "interaction1", ENDED, cause=EndCause.TRANSFERRED, wrapup_s=15.0, channel=work)
    assert floor.transfer("ada", CHAT, "interaction1", agent="bob") == ended
    floor.accept("bob", CHAT, "interaction2")
    floor.release("bob", CHAT, "interaction2")
    floor.complete("bob", CHAT, "interaction2")
    assert floor.switch.live_objects() > 0
    floor.complete("ada", CHAT, "interaction1")
    floor.finish()


@pytest.mark.parametrize("come_to_nothing", ["rejected", "unanswered"])
def test_an_offer_to_an_agent_that_comes_to_nothing_goes_back_to_the_queue(come_to_nothing: str) -> None:
    floor, contact = a_started_chat()
    floor.start("bob", CHAT)
    floor.switch.customer_message(contact, "hello")
    floor.transfer("ada", CHAT, "interaction1", agent="bob")
    floor.take()
    if come_to_nothing == "rejected":
        floor.reject("bob", CHAT, "interaction2")
    else:
        floor.pass_time(30)
    floor.pass_time(0)
    cause = EndCause.REJECTED if come_to_nothing == "rejected" else EndCause.NOANSWER
    transcript = (said("message1", customer("contact1"), "hello"),)
    assert floor.take() == [
        ("bob", chat("bob", "interaction2", COMPLETED, cause=cause)),
        ("ada", chat("ada", "interaction3", ALERTING, transcript=transcript)),
    ]


def test_who_rejects_an_offer_to_that_agent_is_spared_it_in_the_queue() -> None:
    floor, _ = a_started_chat()
    floor.start("bob", CHAT)
    floor.ask("ada", SetAgentState(endpoint=endpoint("ada", CHAT), agentstate=AgentState.NOTREADY))
    floor.transfer("ada", CHAT, "interaction1", agent="bob")
    floor.reject("bob", CHAT, "interaction2")
    floor.take()
    floor.pass_time(9.9)
    assert floor.take() == []
    floor.pass_time(0.1)
    assert floor.take() == [("bob", chat("bob", "interaction3", ALERTING))]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ({"queue": "Nowhere"}, FailureCode.INVALID_DESTINATION),
        ({"queue": "Full"}, FailureCode.DESTINATION_BUSY),
        ({"agent": "nobody"}, FailureCode.INVALID_DESTINATION),
        ({"agent": "ada"}, FailureCode.INVALID_DESTINATION),
        ({"agent": "bob"}, FailureCode.DESTINATION_BUSY),
    ],
    ids=str,
)
def test_a_transfer_that_is_refused_has_changed_nothing(to: dict[str, str], code: FailureCode) -> None:
    full = SimulatedQueue(name="Full", limit=0)
    floor, contact = a_started_chat(queues=(SimulatedQueue(name="Sales"), full))
    call = TransferInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1", note="a note", **to)
    assert floor.refused("ada", call)[0] is code
    floor.pass_time(60)
    assert floor.take() == []
    floor.switch.customer_message(contact, "still here")
    snapshot = floor.ask("ada", StartAgent())
    transcript = (said("message1", customer("contact1"), "still here", 60),)
    assert snapshot.interactions == (chat("ada", "interaction1", STARTED, transcript=transcript),)


# Agents who go, and come


def test_the_chats_of_an_agent_who_logs_out_go_before_all_that_wait_in_their_order() -> None:
    floor = Floor()
    floor.start("ada", CHAT)
    contacts = [floor.switch.chat("Sales", name) for name in ("Carl", "Dora", "Emil", "Fred")]
    floor.pass_time(0)
    floor.accept("ada", CHAT, "interaction2")
    floor.accept("ada", CHAT, "interaction3")
    floor.switch.customer_message(contacts[1], "hello")
    floor.take()
    floor.ask("ada", LogoutAgent())
    assert [type(report) for _, report in floor.take()] == [ChannelReport]
    floor.start("bob", CHAT, agentstate=AgentState.NOTREADY)
    floor.ask("bob", SetAgentState(endpoint=endpoint("bob", CHAT), agentstate=AgentState.READY))
    floor.pass_time(0)
    assert [(offer.contact, offer.transcript) for offer in floor.offers("bob")] == [
        (contacts[1], (said("message1", customer(contacts[1], "Dora"), "hello"),)),
        (contacts[2], ()),
        (contacts[0], ()),
    ]


def test_an_agent_who_logs_out_leaves_no_wrap_up_behind() -> None:
    floor, _ = a_started_chat(wrapup_s=WrapUpTimes(chat=15.0))
    floor.release("ada", CHAT, "interaction1")
    floor.ask("ada", LogoutAgent())
    floor.finish()


def test_a_chat_offered_to_the_agent_alone_survives_the_agents_logout() -> None:
    floor, _ = a_started_chat()
    floor.start("bob", CHAT)
    floor.transfer("ada", CHAT, "interaction1", agent="bob")
    floor.ask("bob", LogoutAgent())
    floor.take()
    floor.pass_time(0)
    assert floor.take() == [("ada", chat("ada", "interaction3", ALERTING))]


def test_the_snapshot_has_what_lives_with_all_that_was_said() -> None:
    floor, contact = a_started_chat()
    floor.switch.customer_message(contact, "hello")
    floor.ask("ada", SendMessage(endpoint=endpoint("ada", CHAT), interaction="interaction1", text="hi"))
    snapshot = floor.ask("ada", StartAgent())
    assert isinstance(snapshot, Snapshot)
    transcript = (said("message1", customer("contact1"), "hello"), said("message2", ADA, "hi"))
    assert snapshot.interactions == (chat("ada", "interaction1", STARTED, transcript=transcript),)


def test_a_channel_with_a_chat_is_not_let_go_of() -> None:
    floor, _ = a_started_chat()
    assert floor.refused("ada", DeactivateChannel(endpoint=endpoint("ada", CHAT)))[0] is FailureCode.INTERACTION_ACTIVE


def test_an_agent_in_a_call_is_given_no_media_directly_either() -> None:
    floor, contact = a_started_chat()
    floor.start("bob", CHAT)
    floor.switch.phone("4002", "login", agent="bob")
    floor.switch.phone("4002", "dial", destination="+15550199")
    to_bob = TransferInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1", agent="bob")
    assert floor.refused("ada", to_bob)[0] is FailureCode.DESTINATION_BUSY
    floor.switch.phone("4002", "hangup")
    floor.transfer("ada", CHAT, "interaction1", agent="bob")
    assert [offer.contact for offer in floor.offers("bob")] == [contact]


def test_where_calls_keep_no_media_away_an_agent_in_a_call_can_be_given_one() -> None:
    floor, _ = a_started_chat(voice_blocks_media=False)
    floor.start("bob", CHAT)
    floor.switch.phone("4002", "login", agent="bob")
    floor.switch.phone("4002", "dial", destination="+15550199")
    floor.transfer("ada", CHAT, "interaction1", agent="bob")
    assert len(floor.offers("bob")) == 1
