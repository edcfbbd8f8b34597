"""Supervisors' orders, as the agent is told of them: specs/supervision.md, "Orders"."""

from typing import Any

import pytest

from protocol.commands import ObjectRef, Order, OrderAgentState, OrderLogout, Reason
from protocol.errors import FailureCode
from protocol.events import SessionDisposed, SupervisorInfo
from protocol.messages import Event
from protocol.platform import LogoutAgent, SetAgentState
from protocol.states import AgentState, DisposalCause
from statemachines.effects import (
    Answered,
    Call,
    CallRefused,
    Effect,
    End,
    Ended,
    OrderDone,
    Ordered,
    Send,
)
from tests.fakes.calls import answered, call
from tests.fakes.desk import Desk, JsonObject, pair, story, with_channel, with_group, with_interaction

GRACE = SupervisorInfo(id="grace", name="Grace Example")
BY = {"supervisor": {"id": "grace", "name": "Grace Example"}, "why": "calls are waiting"}


def state(wanted: str, channel: str = "c1", reason: str | None = None) -> Order:
    return OrderAgentState(
        channel=ObjectRef(id=channel),
        agentstate=wanted,
        reason=None if reason is None else Reason(code=reason),
        why="calls are waiting",
    )


def logout(reason: str | None = None) -> Order:
    return OrderLogout(why="calls are waiting", reason=None if reason is None else Reason(code=reason))


def obey(desk: Desk, order: Order) -> tuple[list[JsonObject], list[Effect]]:
    """What the agent is told, and the other effects."""
    messages = desk.feed(Ordered(order, GRACE))
    return messages, desk.effects[len(messages) :]


def ended_by_grace(message: JsonObject) -> bool:
    cause, text = message["data"]["cause"], message["data"]["message"]
    return cause == "SUPERVISOR" and "Grace Example (grace)" in text and "calls are waiting" in text


# The agent's state


def test_ready() -> None:
    desk = with_channel("NOTREADY")
    messages, rest = obey(desk, state("READY"))
    assert story(messages) == pair(".c1")
    assert messages[0]["data"]["channel"]["agentstate"] == "READY"
    assert [message["by"] for message in messages] == [BY, BY]
    assert not any("cause" in message for message in messages)
    assert rest == [OrderDone()]
    assert desk.platform.calls[1:] == [SetAgentState(endpoint="4001", agentstate=AgentState.READY)]


def test_not_ready_with_a_reason_in_a_group() -> None:
    desk = with_group("INACTIVE", "READY")
    messages, rest = obey(desk, state("NOTREADY", "c2", "LUNCH"))
    assert story(messages) == pair(".g1.c2")
    assert messages[0]["data"]["channel"]["reason"] == {"code": "LUNCH"}
    assert rest == [OrderDone()]


def test_ready_where_it_is_so_asks_nothing_and_is_told() -> None:
    desk = with_channel("READY")
    messages, rest = obey(desk, state("READY"))
    assert story(messages) == pair(".c1")
    assert messages[1]["data"] == []
    assert rest == [OrderDone()]
    assert len(desk.platform.calls) == 1


def test_an_engaged_channel_shows_the_state_to_come() -> None:
    desk = with_interaction(answered(call()))
    messages, rest = obey(desk, state("NOTREADY"))
    assert messages[0]["data"]["channel"]["pendingagentstate"] == "NOTREADY"
    assert rest == [OrderDone()]


def test_not_ready_in_wrap_up_begins_its_time_anew() -> None:
    desk = with_interaction(answered(call()), wrapup_s=30)
    desk.ask("conversation.release", ".c1.i1.v1")
    desk.wait(20)
    obey(desk, state("NOTREADY"))
    assert desk.wait(29) == []
    assert story(desk.wait(2))[0] == ("interaction.completed", ".c1.i1")


@pytest.mark.parametrize(
    ("desk", "order", "code"),
    [
        (Desk(), state("READY"), FailureCode.NOT_STARTED),
        (with_channel("READY"), state("READY", "c9"), FailureCode.INVALID_TARGET),
        (with_group("READY"), state("READY", "g1"), FailureCode.INVALID_TARGET),
        (with_channel("INACTIVE"), state("READY"), FailureCode.INVALID_STATE),
        (with_channel("INACTIVE"), state("NOTREADY"), FailureCode.INVALID_STATE),
        (with_channel("UNAVAILABLE"), state("NOTREADY"), FailureCode.INVALID_STATE),
    ],
)
def test_what_is_refused_is_not_told_to_the_agent(desk: Desk, order: Order, code: FailureCode) -> None:
    calls = len(desk.platform.calls)
    messages, (done,) = obey(desk, order)
    assert messages == []
    assert isinstance(done, OrderDone)
    assert done.code is code
    assert done.message
    assert len(desk.platform.calls) == calls
    assert not desk.core.busy


def test_a_channel_without_a_login_is_told_of_in_the_supervisors_words() -> None:
    _, (done,) = obey(with_channel("INACTIVE"), state("READY"))
    assert isinstance(done, OrderDone)
    assert done.message == (
        "data.channel.id: the agent is not logged in at channel c1, so there is no agent state to change; wait until "
        "the agent is, as supervisor.list shows"
    )


@pytest.mark.parametrize(
    ("order", "call_name", "endpoint"),
    [(state("NOTREADY"), "SetAgentState", "4001"), (logout(), "LogoutAgent", "")],
)
def test_a_refusal_of_the_platform_changes_nothing_for_the_agent(order: Order, call_name: str, endpoint: str) -> None:
    desk = with_channel("READY")
    before = desk.client.world()
    desk.platform.refuses[call_name, endpoint] = FailureCode.REASON_REQUIRED
    messages, rest = obey(desk, order)
    assert messages == []
    assert rest == [OrderDone(FailureCode.REASON_REQUIRED, f"the platform refuses {call_name}")]
    assert desk.client.world() == before
    desk.platform.refuses.clear()
    assert story(desk.ask("channel.notready", ".c1")) == [("success", ".c1"), *pair(".c1")]


# Logging out


def test_logout_ends_the_session_and_says_who_and_why() -> None:
    desk = with_group("READY")
    messages, rest = obey(desk, logout("SHIFT_END"))
    assert story(messages) == [("session.disposed", "")]
    assert ended_by_grace(messages[0])
    assert messages[0]["by"] == BY
    assert rest == [OrderDone(), Ended(DisposalCause.SUPERVISOR)]
    assert desk.platform.calls[-1] == LogoutAgent(reason="SHIFT_END")
    assert desk.core.session.disposed


@pytest.mark.parametrize("it", [call(), answered(call())], ids=["offered", "under way"])
def test_an_uncompleted_interaction_is_in_the_way(it: Any) -> None:
    desk = with_interaction(it)
    messages, (done,) = obey(desk, logout())
    assert messages == []
    assert isinstance(done, OrderDone)
    assert done.code is FailureCode.INTERACTION_ACTIVE
    assert LogoutAgent() not in desk.platform.calls


def test_wrap_up_is_in_the_way_too_until_it_is_completed() -> None:
    desk = with_interaction(answered(call()), wrapup_s=30)
    desk.ask("conversation.release", ".c1.i1.v1")
    assert obey(desk, logout())[1][0] == OrderDone(
        FailureCode.INTERACTION_ACTIVE,
        "channel c1 has the interaction i1, which is not completed; end it (reject it, or answer it and hang up) and "
        "complete it first",
    )
    desk.ask("interaction.complete", ".c1.i1")
    assert obey(desk, logout())[1] == [OrderDone(), Ended(DisposalCause.SUPERVISOR)]


def test_a_session_that_never_started_is_logged_out_all_the_same() -> None:
    """A session before it may have left the agent logged in."""
    desk = Desk()
    messages, rest = obey(desk, logout())
    assert ended_by_grace(messages[0])
    assert rest == [OrderDone(), Ended(DisposalCause.SUPERVISOR)]
    assert [type(call).__name__ for call in desk.platform.calls] == ["LogoutAgent"]


def test_after_a_reset_the_platform_decides() -> None:
    """What the agent is engaged in now, the session does not know."""
    desk = with_interaction(answered(call()))
    desk.bind(reset=True)
    desk.platform.refuses["LogoutAgent", ""] = FailureCode.INTERACTION_ACTIVE
    assert obey(desk, logout()) == (
        [],
        [OrderDone(FailureCode.INTERACTION_ACTIVE, "the platform refuses LogoutAgent")],
    )
    desk.platform.refuses.clear()
    messages, rest = obey(desk, logout())
    assert ended_by_grace(messages[0])
    assert rest == [OrderDone(), Ended(DisposalCause.SUPERVISOR)]


# In the middle of an order


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (DisposalCause.TAKEOVER, FailureCode.INVALID_STATE),
        (DisposalCause.PLATFORM_LOST, FailureCode.PLATFORM_UNAVAILABLE),
        (DisposalCause.INTERNAL_ERROR, FailureCode.INTERNAL_ERROR),
    ],
)
@pytest.mark.parametrize("order", [state("NOTREADY"), logout()], ids=["state", "logout"])
def test_a_session_that_ends_under_an_order_refuses_it(cause: DisposalCause, code: FailureCode, order: Order) -> None:
    desk = with_channel("READY")
    (asked,) = desk.core.handle(Ordered(order, GRACE), now=0.0)
    assert isinstance(asked, Call)
    done, disposed, ended = desk.core.handle(End(cause, "the end"), now=0.0)
    assert done == OrderDone(code, "the session ended meanwhile: the end")
    assert isinstance(disposed, Send)
    assert isinstance(disposed.message, Event)
    assert disposed.message.data == SessionDisposed(cause=cause, message="the end")
    assert disposed.message.by is None
    assert ended == Ended(cause)


def test_the_same_inputs_give_the_same_effects() -> None:
    def effects() -> list[tuple[Effect, ...]]:
        core = with_channel("READY").core
        return [
            core.handle(given, now=1.0)
            for given in (
                Ordered(state("NOTREADY"), GRACE),
                CallRefused(FailureCode.TIMEOUT, "too late"),
                Ordered(logout(), GRACE),
                Answered(None),
            )
        ]

    first = effects()
    assert first == effects()
    assert [type(effect).__name__ for step in first for effect in step] == [
        "Call",
        "OrderDone",
        "Call",
        "Send",
        "OrderDone",
        "Ended",
    ]
