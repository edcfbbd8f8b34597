"""The objects of one session and their relations: specs/protocol.md, "Objects and targets"."""

import pytest

from protocol.ids import SessionId, Target
from protocol.platform import GroupReport, Snapshot
from protocol.states import AgentState, ChannelGroupState, LoginState
from statemachines import changes
from statemachines.world import Channel, Session
from tests.fakes.calls import answered, call, chat, consulting
from tests.fakes.platform import channel

GROUP = GroupReport(name="Sales", channels=(channel("4001", "READY"), channel("4002")))


def a_session() -> Session:
    session = Session.prepare(SessionId("s1"), "agent1", frozenset(), ("Sales",))
    session.take_in(Snapshot(agent_name="Ann", groups=(GROUP,), channels=(channel("4003", "NOTREADY"),)))
    return session


def channel_at(session: Session, target: str) -> Channel:
    found = session.find(Target.parse(target))
    assert isinstance(found, Channel)
    return found


def test_what_the_platform_says_is_taken_in() -> None:
    session = a_session()
    assert session.agent_name == "Ann"
    assert [str(each.target) for each in session.all_channels()] == ["s1.g1.c1", "s1.g1.c2", "s1.c3"]
    assert session.group_named("Sales") is session.groups[next(iter(session.groups))]
    assert session.group_named("Service") is None
    group = session.group_named("Sales")
    assert group is not None
    assert group.state is ChannelGroupState.INITIALIZED
    assert channel_at(session, "s1.g1.c1").agentstate is AgentState.READY


@pytest.mark.parametrize("target", ["s1", "s1.g1", "s1.g1.c1", "s1.g1.c2", "s1.c3"])
def test_an_object_answers_to_its_path(target: str) -> None:
    found = a_session().find(Target.parse(target))
    assert found is not None
    assert str(found.target) == target
    assert found.id == target.split(".")[-1]


@pytest.mark.parametrize(
    "target", ["s1.c1", "s1.g1.c3", "s1.g2", "s1.g2.c1", "s1.c3.c1", "s1.g1.c1.i1", "s1.g1.c1.i1.v1"]
)
def test_an_object_answers_to_no_other_path(target: str) -> None:
    assert a_session().find(Target.parse(target)) is None


def engaged() -> Session:
    """A call with a consult on a group's channel, a chat on a standalone one."""
    reports = (channel("4001", "READY"), channel("chat-1", "READY"))
    session = Session.prepare(SessionId("s1"), "agent1", frozenset())
    group, alone = GroupReport(name="Sales", channels=reports[:1]), reports[1:]
    session.take_in(Snapshot(agent_name="Ann", groups=(group,), channels=alone))
    for at, report in (("s1.g1.c1", answered(consulting(call("STARTED"), "4002"))), ("s1.c2", chat("STARTED"))):
        changes.take_in(session, channel_at(session, at), report)
    return session


@pytest.mark.parametrize("target", ["s1.g1.c1.i1", "s1.g1.c1.i1.v1", "s1.g1.c1.i1.v2", "s1.c2.i2"])
def test_interactions_and_conversations_answer_to_their_paths(target: str) -> None:
    found = engaged().find(Target.parse(target))
    assert found is not None
    assert str(found.target) == target
    assert found.kind == ("conversation" if "v" in target else "interaction")


@pytest.mark.parametrize(
    "target",
    [
        "s1.c1.i1",
        "s1.g1.i1",
        "s1.g1.c1.i2",
        "s1.c2.i1",
        "s1.g1.c1.v1",
        "s1.g1.c1.i1.v3",
        "s1.g1.c1.i2.v1",
        "s1.c2.i2.v1",
        "s1.c9.i1.v1",
        "s1.c2.i2.v1.v1",
    ],
)
def test_interactions_and_conversations_answer_to_no_other_path(target: str) -> None:
    assert engaged().find(Target.parse(target)) is None


def test_all_interactions_in_the_order_of_their_channels() -> None:
    session = engaged()
    changes.take_in(session, channel_at(session, "s1.g1.c1"), call(key="2"))
    assert [str(each.target) for each in session.all_interactions()] == ["s1.g1.c1.i1", "s1.g1.c1.i3", "s1.c2.i2"]


@pytest.mark.parametrize(("target", "state"), [("s1.c2.i2", "STARTED"), ("s1.g1.c1.i1.v1", "HELD")])
def test_interactions_and_conversations_describe_their_state_for_people(target: str, state: str) -> None:
    found = engaged().find(Target.parse(target))
    assert found is not None
    assert found.describe_state() == state


def test_channels_are_found_by_endpoint() -> None:
    session = a_session()
    assert session.channel_at("4002") is channel_at(session, "s1.g1.c2")
    assert session.channel_at("4009") is None


def test_a_removed_channel_ends_not_active_whatever_it_was() -> None:
    session = a_session()
    for target, state in (("s1.g1.c1", "READY"), ("s1.g1.c2", "UNAVAILABLE"), ("s1.c3", "WORK")):
        gone = channel_at(session, target)
        gone.take_in(channel(gone.endpoint, state, reason="LUNCH"))
        session.remove_channel(gone)
        assert gone.loginstate is LoginState.INACTIVE
        assert (gone.agentstate, gone.reason, gone.pendingagentstate) == (None, None, None)
        assert gone.disposed
        assert session.find(gone.target) is None


def test_a_removed_group_takes_its_channels_along() -> None:
    session = a_session()
    group = session.group_named("Sales")
    assert group is not None
    session.remove_group(group)
    assert group.disposed
    assert [str(each.target) for each in session.all_channels()] == ["s1.c3"]


def test_no_id_comes_twice_even_after_everything_was_forgotten() -> None:
    session = a_session()
    session.remove_channel(channel_at(session, "s1.c3"))
    assert session.add_channel(channel("4003")).id == "c4"
    session.forget()
    assert not list(session.all_channels())
    session.take_in(Snapshot(agent_name="Ann", groups=(GROUP,)))
    assert [str(each.target) for each in session.all_channels()] == ["s1.g2.c5", "s1.g2.c6"]


@pytest.mark.parametrize("before", ["INACTIVE", "UNAVAILABLE", "READY", "NOTREADY", "WORK"])
@pytest.mark.parametrize("after", ["INACTIVE", "UNAVAILABLE", "READY", "NOTREADY", "WORK"])
def test_a_channel_follows_any_report(before: str, after: str) -> None:
    followed = Session.prepare(SessionId("s1"), "agent1", frozenset()).add_channel(channel("4001", before))
    report = channel("4001", after, reason="LUNCH")
    assert followed.matches(channel("4001", before))
    assert not followed.matches(report)
    followed.take_in(report)
    assert followed.matches(report)


def test_objects_describe_their_state_for_people() -> None:
    session = a_session()
    assert session.describe_state() == "PREPARED"
    assert channel_at(session, "s1.g1.c1").describe_state() == "ACTIVE/READY"
    assert channel_at(session, "s1.g1.c2").describe_state() == "INACTIVE"
    group = session.group_named("Sales")
    assert group is not None
    assert group.describe_state() == "INITIALIZED"
    assert session.state_info().state == "PREPARED"
