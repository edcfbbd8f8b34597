"""What events make of calls and phones, without a switch: also what the simulated one never does."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.csta import world as module
from engine.adapters.csta.bench import CUSTOMER, table
from engine.adapters.csta.desks import Phone
from engine.adapters.csta.replies import AgentStatus
from engine.adapters.csta.settings import read_settings
from engine.adapters.csta.words import ConnectionState, connection_node, group, leaf
from engine.adapters.csta.world import Chores, World
from engine.adapters.csta.xml import Node
from protocol.platform import ChannelReport, InteractionReport, Report
from protocol.states import AgentState, EndCause, InteractionState


@attrs.define
class Told:
    """A sink."""

    all: list[tuple[str, Report]] = attrs.field(factory=list)

    def report(self, agent: str, report: Report) -> None:
        self.all.append((agent, report))

    def of(self, agent: str) -> list[InteractionReport]:
        return [each for whose, each in self.all if whose == agent and isinstance(each, InteractionReport)]


@attrs.define
class Scene:
    """Three agents, logged in at their phones, whose monitors are m4001 and so on."""

    world: World
    told: Told
    chores: list[str]

    def event(self, name: str, at: str, **inside: Any) -> None:
        """An event at the monitor of a phone; parts are connections (`call`, `device`), parties or texts."""
        parts = [_part(key, value) for key, value in inside.items()]
        self.world.on_event(group(name, leaf("monitorCrossRefID", f"m{at}"), *parts))

    def last(self, agent: str = "agent1") -> InteractionReport:
        return self.told.of(agent)[-1]

    def phone(self, address: str) -> Phone:
        return self.world.phones[address]


def _part(key: str, value: Any) -> Node:
    match value:
        case list(items):
            entries = (group("connectionListItem", connection_node("newConnection", *item)) for item in items)
            return group(key, *entries)
        case (call, device):
            return connection_node(key, call, device)
        case str() if key in ("cause", "localConnectionInfo"):
            return leaf(key, value)
        case _:
            return group(key, leaf("deviceIdentifier", value))


def a_scene(**more: Any) -> Scene:
    told, chores = Told(), list[str]()
    world = World(
        read_settings(table(4721, **more)),
        told,
        Chores(
            watch_again=lambda phone: chores.append(f"watch {phone.address}"),
            look_again=lambda phone: chores.append(f"look at {phone.address}"),
            hang_up=lambda phone, call: chores.append(f"hang up {phone.address}"),
            begin_work=lambda phone: chores.append(f"work {phone.address}"),
            session_ended=lambda reason: chores.append(reason),
        ),
    )
    for number in (1, 2, 3):
        address, agent = f"400{number}", f"agent{number}"
        phone = world.phone(address)
        world.monitored(phone, f"m{address}")
        desk = world.desks[agent]
        desk.channels[address] = phone
        desk.watched = True
        phone.users[agent] = None
        world.take_agent(phone, AgentStatus(agent, AgentState.READY))
    return Scene(world, told, chores)


def delivered(scene: Scene, call: str = "7", device: str = "4001", calling: str = CUSTOMER) -> None:
    scene.event(
        "DeliveredEvent", device, connection=(call, device), callingDevice=calling, localConnectionInfo="alerting"
    )


def established(scene: Scene, call: str = "7", device: str = "4001", **more: Any) -> None:
    scene.event("EstablishedEvent", device, establishedConnection=(call, device), **more)


def members(report: InteractionReport) -> list[list[str]]:
    return [[member.address for member in leg.members] for leg in report.legs]


def test_a_caller_whose_line_has_another_name_leaves_under_that_name() -> None:
    scene = a_scene()
    delivered(scene)
    established(scene)
    scene.event("ConnectionClearedEvent", "4001", droppedConnection=("7", "T538#1"))
    scene.event("ConnectionClearedEvent", "4001", droppedConnection=("7", "4001"), localConnectionInfo="null")
    assert (scene.last().state, scene.last().cause) == (InteractionState.COMPLETED, EndCause.REMOTE)
    assert len(scene.world.calls) == 0


def test_what_a_caller_on_a_trunk_does_is_the_callers() -> None:
    scene = a_scene()
    delivered(scene)
    established(scene, callingDevice=CUSTOMER)
    told = len(scene.told.all)
    scene.event("HeldEvent", "4001", heldConnection=("7", "T538#1"), localConnectionInfo="connected")
    scene.event("RetrievedEvent", "4001", retrievedConnection=("7", "T538#1"), localConnectionInfo="connected")
    assert len(scene.told.all) == told
    scene.event("ConnectionClearedEvent", "4001", droppedConnection=("7", "T538#1"))
    scene.event("ConnectionClearedEvent", "4001", droppedConnection=("7", "4001"))
    assert scene.last().cause is EndCause.REMOTE


def test_who_is_called_on_a_trunk_shows_with_the_number() -> None:
    scene = a_scene()
    scene.event("OriginatedEvent", "4001", originatedConnection=("7", "4001"), calledDevice="+15550111")
    far_end = {"callingDevice": "4001", "calledDevice": "+15550111"}
    scene.event("DeliveredEvent", "4001", connection=("7", "T1#1"), alertingDevice="+15550111", **far_end)
    assert members(scene.last()) == [["+15550111"]]
    scene.event("EstablishedEvent", "4001", establishedConnection=("7", "T1#1"), answeringDevice="+15550111", **far_end)
    assert (members(scene.last()), scene.last().state) == ([["+15550111"]], InteractionState.STARTED)
    scene.event("ConnectionClearedEvent", "4001", droppedConnection=("7", "T1#1"))
    scene.event("ConnectionClearedEvent", "4001", droppedConnection=("7", "4001"))
    assert scene.last().cause is EndCause.REMOTE


def test_a_group_rings_and_somebody_of_it_answers() -> None:
    scene = a_scene()
    scene.event("OriginatedEvent", "4001", originatedConnection=("7", "4001"), calledDevice="4910")
    scene.event("DeliveredEvent", "4001", connection=("7", "4910"), callingDevice="4001", calledDevice="4910")
    assert members(scene.last()) == [["4910"]]
    established(scene, device="4002", calledDevice="4910", callingDevice="4001")
    assert members(scene.last()) == [["4002"]]
    assert scene.last().state is InteractionState.STARTED


@pytest.mark.parametrize("name", ["NetworkReachedEvent", "QueuedEvent"])
def test_a_call_that_leaves_the_switch_or_waits_is_dialling_on(name: str) -> None:
    scene = a_scene()
    connection = "outboundConnection" if name.startswith("Network") else "queuedConnection"
    scene.event("OriginatedEvent", "4001", originatedConnection=("7", "4001"), calledDevice="+15550111")
    scene.event(name, "4001", **{connection: ("7", "T1#1")}, calledDevice="+15550111")
    assert (scene.last().state, members(scene.last())) == (InteractionState.DIALING, [["+15550111"]])


@pytest.mark.parametrize(
    ("cause", "end"),
    [
        ("busy", EndCause.BUSY),
        ("callNotAnswered", EndCause.NOANSWER),
        ("invalidNumberFormat", EndCause.FAILED),
        (None, EndCause.FAILED),
    ],
)
def test_a_call_that_fails_ends_so_and_is_hung_up(cause: str | None, end: EndCause) -> None:
    scene = a_scene()
    scene.event("OriginatedEvent", "4001", originatedConnection=("7", "4001"), calledDevice="4002")
    more = {"cause": cause} if cause else {}
    scene.event("FailedEvent", "4001", failedConnection=("7", "4001"), localConnectionInfo="fail", **more)
    assert scene.last().cause is end
    assert scene.chores == ["hang up 4001"]


def test_a_call_that_goes_on_unanswered_was_not_answered() -> None:
    scene = a_scene()
    delivered(scene)
    scene.event("DivertedEvent", "4001", connection=("7", "4001"), newDestination="4002")
    assert scene.last().cause is EndCause.NOANSWER


def test_a_call_that_is_cleared_is_over_for_all() -> None:
    scene = a_scene()
    delivered(scene)
    established(scene)
    scene.event("CallClearedEvent", "4001", clearedCall=("7", ""))
    assert scene.last().cause is EndCause.REMOTE


def test_a_lost_event_is_mended_by_the_next_one() -> None:
    """The retrieval was told of, the hold before it not; and of the answer only a later event shows."""
    scene = a_scene()
    delivered(scene)
    scene.event(
        "DeliveredEvent", "4001", connection=("7", "4002"), callingDevice=CUSTOMER, localConnectionInfo="connected"
    )
    assert scene.last().state is InteractionState.STARTED
    scene.event("HeldEvent", "4001", heldConnection=("7", "4002"), localConnectionInfo="null")
    assert scene.last().state is InteractionState.COMPLETED


def test_a_late_delivery_does_not_make_a_phone_ring_that_talks() -> None:
    scene = a_scene()
    delivered(scene)
    established(scene, callingDevice=CUSTOMER)
    told = len(scene.told.all)
    scene.event("DeliveredEvent", "4001", connection=("7", "4001"), callingDevice=CUSTOMER)
    scene.event("OriginatedEvent", "4001", originatedConnection=("7", "4001"), calledDevice="4009")
    assert len(scene.told.all) == told


def test_a_transfer_whose_other_call_was_never_seen() -> None:
    """A colleague whose phone nobody looks at gives a customer on."""
    scene = a_scene()
    delivered(scene, call="8", calling="4009")
    established(scene, call="8")
    scene.event(
        "TransferedEvent",
        "4001",
        primaryOldCall=("7", "4009"),
        secondaryOldCall=("8", "4009"),
        transferringDevice="4009",
        transferredConnections=[("7", CUSTOMER), ("7", "4001")],
        localConnectionInfo="connected",
    )
    assert members(scene.last()) == [[CUSTOMER]]
    scene.event("HeldEvent", "4001", heldConnection=("7", "4001"))
    assert scene.last().legs[0].state == "HELD"
    assert len({report.id for report in scene.told.of("agent1")}) == 1


def test_a_conference_in_a_single_step_joins_at_once() -> None:
    scene = a_scene()
    delivered(scene)
    established(scene, callingDevice=CUSTOMER)
    scene.event(
        "ConferencedEvent",
        "4001",
        primaryOldCall=("7", "4001"),
        conferencingDevice="4001",
        conferenceConnections=[("7", "4001"), ("7", CUSTOMER), ("7", "4002")],
    )
    assert members(scene.last()) == [[CUSTOMER, "4002"]]
    assert [leg.state for leg in scene.last("agent2").legs] == ["CONNECTED"]


def test_a_consult_of_a_phone_that_nobody_looks_at_is_about_its_contact() -> None:
    scene = a_scene()
    delivered(scene, call="7", device="4001", calling="4009")
    established(scene, call="7")
    contact = scene.last().contact
    scene.event("HeldEvent", "4001", heldConnection=("7", "4009"))
    delivered(scene, call="8", device="4002", calling="4009")
    assert scene.last("agent2").contact == contact


def test_an_id_that_comes_to_another_call_is_another_contact() -> None:
    scene = a_scene()
    delivered(scene)
    established(scene)
    scene.event("TransferedEvent", "4001", primaryOldCall=("7", "4001"), transferringDevice="4001")
    first = scene.last()
    assert first.cause is EndCause.TRANSFERRED
    link = group("globalCallData", group("globalCallLinkageID", leaf("globallyUniqueCallLinkageID", "u2")))
    scene.world.on_event(
        group(
            "DeliveredEvent",
            leaf("monitorCrossRefID", "m4002"),
            connection_node("connection", "7", "4002"),
            group("callingDevice", leaf("deviceIdentifier", "+15550122")),
            group("callLinkageData", link),
        )
    )
    assert scene.last("agent2").contact != first.contact
    assert members(scene.last("agent2")) == [["+15550122"]]


def test_calls_that_nobody_looks_at_any_longer_are_forgotten_by_and_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ORPHANS", 3)
    scene = a_scene()
    for n in range(10):
        delivered(scene, call=str(n))
        established(scene, call=str(n), callingDevice=CUSTOMER)
        scene.event("TransferedEvent", "4001", primaryOldCall=(str(n), "4001"), transferringDevice="4001")
    assert len(scene.world.calls) == 3
    assert scene.phone("4001").line.visits == {}


def test_monitors_that_end_and_events_of_others_are_seen_to() -> None:
    scene = a_scene()
    scene.event("MonitorStop", "4001")
    assert scene.phone("4001").monitor is None
    scene.event("HeldEvent", "nobody's", heldConnection=("7", "4002"))
    scene.world.on_event(group("ApplicationSessionTerminated"))
    assert scene.chores == ["watch 4001", "look at 4002", "no reason given"]


# Whatever comes


CALLS = st.sampled_from(["7", "8", "9"])
DEVICES = st.sampled_from(["4001", "4002", "4003", "4009", CUSTOMER])
CONNECTIONS = st.tuples(CALLS, DEVICES)
MONITORS = st.sampled_from(["4001", "4002", "4003"])
LOCAL = st.sampled_from([*ConnectionState, None])


def some(name: str, element: str, **parts: Any) -> Any:
    more = {key: st.one_of(st.none(), value) for key, value in parts.items()}
    inside = st.fixed_dictionaries({element: CONNECTIONS, "localConnectionInfo": LOCAL, **more})
    return st.tuples(st.just(name), MONITORS, inside)


OF_ONE_CALL = st.one_of(
    some("ServiceInitiatedEvent", "initiatedConnection"),
    some("OriginatedEvent", "originatedConnection", callingDevice=DEVICES, calledDevice=DEVICES),
    some("DeliveredEvent", "connection", callingDevice=DEVICES, calledDevice=DEVICES),
    some("EstablishedEvent", "establishedConnection", callingDevice=DEVICES, calledDevice=DEVICES),
    some("HeldEvent", "heldConnection"),
    some("RetrievedEvent", "retrievedConnection"),
    some("FailedEvent", "failedConnection", cause=st.sampled_from(["busy", "callNotAnswered", "other"])),
    some("DivertedEvent", "connection"),
    some("ConnectionClearedEvent", "droppedConnection", releasingDevice=DEVICES),
    some("CallClearedEvent", "clearedCall"),
)
EVENTS = st.one_of(
    OF_ONE_CALL,
    some(
        "TransferedEvent",
        "primaryOldCall",
        secondaryOldCall=CONNECTIONS,
        transferringDevice=DEVICES,
        transferredConnections=st.lists(CONNECTIONS, max_size=3),
    ),
    some(
        "ConferencedEvent",
        "primaryOldCall",
        secondaryOldCall=CONNECTIONS,
        conferencingDevice=DEVICES,
        conferenceConnections=st.lists(CONNECTIONS, max_size=3),
    ),
)


@given(events=st.lists(EVENTS, max_size=30), wrapup=st.booleans())
def test_whatever_the_switch_says_what_is_told_is_sound(
    events: list[tuple[str, str, dict[str, Any]]], *, wrapup: bool
) -> None:
    """Every report can be taken in, none follows the end of its interaction, and none is told twice."""
    scene = a_scene(**({"wrapup_s": 9.0} if wrapup else {}))
    for name, at, inside in events:
        scene.event(name, at, **{key: value for key, value in inside.items() if value is not None})
    last: dict[tuple[str, str], Report] = {}
    for agent, report in scene.told.all:
        assert report.problem() is None if not isinstance(report, ChannelReport) else True
        if isinstance(report, InteractionReport):
            before = last.get((agent, report.id))
            assert before != report
            assert not isinstance(before, InteractionReport) or before.state is not InteractionState.COMPLETED
            last[agent, report.id] = report


@given(events=st.lists(OF_ONE_CALL, max_size=20))
def test_events_told_twice_lead_to_the_same(events: list[tuple[str, str, dict[str, Any]]]) -> None:
    once, twice = a_scene(), a_scene()
    for name, at, inside in events:
        parts = {key: value for key, value in inside.items() if value is not None}
        once.event(name, at, **parts)
        for _ in range(2):
            twice.event(name, at, **parts)
    for address in ("4001", "4002", "4003"):
        states = [
            sorted((leg.call.id, visit.leg_state(leg), leg.kind) for visit, leg in scene.phone(address).line.legs())
            for scene in (once, twice)
        ]
        assert states[0] == states[1]
