"""The documented sequences of wrap-up, word for word: specs/protocol.md, "Commands" and "Events".

Every list here is copied from the tables of the specification, never from what the core happens to say.
"""

import attrs
import pytest

from protocol.states import EndCause
from tests.fakes.calls import answered, call, completed, over
from tests.fakes.desk import Desk, completion, pair, story, su, with_group, with_interaction, wrapup
from tests.fakes.platform import FakePlatform, channel

CH, IT, V = ".c1", ".c1.i1", ".c1.i1.v1"
TALKING = call("STARTED")
ENDED = [su(V), ("conversation.disposed", V), ("interaction.ended", IT)]


def in_wrapup(state: str = "READY") -> Desk:
    """A call was released, and wrap-up is due for ten seconds."""
    desk = with_interaction(TALKING, state=state, wrapup_s=10.0)
    desk.ask("conversation.release", V)
    return desk


# Wrap-up begins


def test_release_of_the_only_leg() -> None:
    messages = with_interaction(TALKING, wrapup_s=10.0).ask("conversation.release", V)
    assert story(messages) == [("success", V), *ENDED, *wrapup(IT)]
    assert messages[3]["data"]["wrapup"] is True
    assert messages[4]["state"]["state"] == "ENDED"
    assert messages[6]["state"]["agentstate"] == "WORK"


def test_the_far_end_hangs_up() -> None:
    desk = with_interaction(TALKING)
    ended = over(TALKING, EndCause.REMOTE, wrapup_s=10.0, channel=channel("4001", "WORK"))
    messages = desk.report(ended)
    assert story(messages) == [*ENDED, *wrapup(IT)]
    assert messages[5]["state"]["agentstate"] == "WORK"


def test_wrapup_that_the_platform_ends_by_itself() -> None:
    desk = with_interaction(TALKING)
    desk.bind()
    ended = attrs.evolve(call("ENDED", cause=EndCause.REMOTE), channel=channel("4001", "WORK"))
    assert story(desk.report(ended)) == [*ENDED, *wrapup(IT)]
    assert desk.wait(1e6) == []
    assert story(desk.report(completed(ended, channel=channel("4001", "READY")))) == completion(IT)


def test_a_blind_transfer() -> None:
    desk = with_interaction(TALKING, wrapup_s=10.0)
    assert story(desk.ask("conversation.blindtransfer", V, {"destination": "4002"})) == [
        ("success", V),
        *ENDED,
        *wrapup(IT),
    ]


@pytest.mark.parametrize("state", ["ALERTING", "DIALING"])
def test_none_is_due_where_nobody_talked(state: str) -> None:
    desk = with_interaction(call(state), wrapup_s=10.0)
    assert story(desk.ask("conversation.release", V)) == [("success", V), *ENDED, *completion(IT)]


def test_within_a_group() -> None:
    desk = with_group("READY")
    desk.report(TALKING)
    desk.platform.wrapup_s = 10.0
    it, leg = ".g1.c1.i1", ".g1.c1.i1.v1"
    assert story(desk.ask("conversation.release", leg)) == [
        ("success", leg),
        su(leg),
        ("conversation.disposed", leg),
        ("interaction.ended", it),
        su(it),
        *pair(".g1.c1"),
    ]


# Wrap-up ends


def test_complete() -> None:
    messages = in_wrapup().ask("interaction.complete", IT, {"disposition": {"code": "SOLD", "note": "two of them"}})
    assert story(messages) == [("success", IT), *completion(IT)]
    assert messages[1]["data"]["disposition"] == {"code": "SOLD", "note": "two of them"}
    assert messages[4]["state"]["agentstate"] == "READY"


def test_complete_without_a_disposition() -> None:
    messages = in_wrapup().ask("interaction.complete", IT)
    assert story(messages) == [("success", IT), *completion(IT)]
    assert "disposition" not in messages[1]["data"]


def test_the_timer() -> None:
    desk = in_wrapup()
    assert desk.wait(9.9) == []
    messages = desk.wait(0.1)
    assert story(messages) == completion(IT)
    assert messages[3]["state"]["agentstate"] == "READY"


def test_completed_at_the_platform() -> None:
    desk = in_wrapup()
    it = desk.platform.at("4001")
    assert story(desk.report(completed(it, channel=channel("4001", "READY")))) == completion(IT)


# The agent state afterwards


@pytest.mark.parametrize("before", ["READY", "NOTREADY"])
def test_the_previous_agent_state_comes_back(before: str) -> None:
    desk = in_wrapup(before)
    assert desk.ask("interaction.complete", IT)[-1]["state"]["agentstate"] == before


def test_notready_during_an_interaction_is_applied_when_it_ends() -> None:
    desk = with_interaction(TALKING)
    messages = desk.ask("channel.notready", CH)
    assert story(messages) == [("success", CH), *pair(CH)]
    assert messages[2]["state"] == {"loginstate": "ACTIVE", "agentstate": "READY", "pendingagentstate": "NOTREADY"}
    messages = desk.ask("conversation.release", V)
    assert story(messages) == [("success", V), *ENDED, *completion(IT)]
    assert messages[-1]["state"] == {"loginstate": "ACTIVE", "agentstate": "NOTREADY"}


def test_notready_during_wrapup_is_applied_when_it_is_completed() -> None:
    desk = in_wrapup()
    messages = desk.ask("channel.notready", CH)
    assert story(messages) == [("success", CH), *pair(CH)]
    assert messages[2]["state"] == {"loginstate": "ACTIVE", "agentstate": "WORK", "pendingagentstate": "NOTREADY"}
    messages = desk.ask("interaction.complete", IT)
    assert story(messages) == [("success", IT), *completion(IT)]
    assert messages[-1]["state"] == {"loginstate": "ACTIVE", "agentstate": "NOTREADY"}


def test_the_channel_is_given_back_before_the_interaction_is_completed() -> None:
    """A supervisor takes the agent out of WORK: a changed channel, nothing else."""
    desk = in_wrapup()
    assert story(desk.report(channel("4001", "NOTREADY"))) == pair(CH)
    assert story(desk.ask("interaction.complete", IT))[1:] == completion(IT)


# One after another


def test_a_call_during_wrapup_of_another() -> None:
    desk = in_wrapup()
    second, leg = ".c1.i2", ".c1.i2.v2"
    ringing = call(key="2")
    assert story(desk.report(ringing))[:3] == [*pair(CH), ("interaction.created", second)]
    assert story(desk.report(answered(ringing))) == [su(leg), su(second), ("interaction.started", second)]
    assert story(desk.ask("interaction.complete", IT)) == [("success", IT), *completion(IT)]


def test_a_session_that_ends_during_wrapup() -> None:
    fake = FakePlatform(wrapup_s=10.0).with_channels(channel("4001", "READY")).with_interactions(TALKING)
    desk = Desk(fake).started()
    desk.ask("conversation.release", V)
    assert story(desk.ask("session.logout")) == [("INTERACTION_ACTIVE", "")]
    desk.ask("interaction.complete", IT)
    assert story(desk.ask("session.logout")) == [("success", "")]
