"""Tables and `fire`: a refusal is an error and changes nothing; the library and the plain rows say the same."""

import enum
import gc
import weakref
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import MachineError

from protocol.states import (
    AgentState,
    ChannelGroupState,
    ConversationState,
    InteractionState,
    LoginState,
    SessionState,
)
from statemachines import conversation, interaction
from statemachines.channel import AGENT, AGENT_TRIGGERS, LOGIN, LOGIN_ROUTES
from statemachines.channelgroup import CHANNELGROUP
from statemachines.conversation import CONVERSATION
from statemachines.interaction import INTERACTION
from statemachines.session import SESSION
from statemachines.table import NotAllowedNow, Row, Table, build, fire, reachable

TABLES: list[Table[Any]] = [SESSION, CHANNELGROUP, LOGIN, AGENT, INTERACTION, CONVERSATION]


class Light(enum.StrEnum):
    OFF = "OFF"
    ON = "ON"
    BROKEN = "BROKEN"
    LOST = "LOST"


@attrs.define(eq=False)
class Lamp:
    light: Light = Light.OFF
    powered: bool = True


def is_powered(lamp: Lamp) -> bool:
    return lamp.powered


LAMP = build(
    "lamp",
    Light.OFF,
    (
        Row("press", Light.OFF, Light.ON, guard=is_powered),
        Row("press", Light.ON, Light.OFF),
        Row("drop", Light.ON, Light.BROKEN),
    ),
    final=(Light.BROKEN,),
    attribute="light",
)


def states_of(table: Table[Any]) -> list[enum.StrEnum]:
    kind: type[enum.StrEnum] = table.states
    return list(kind)


def item_in(table: Table[Any], state: Any) -> Any:
    return type("Item", (), {table.attribute: state})()


# fire


def test_an_open_row_is_walked() -> None:
    lamp = Lamp(light=Light.ON)
    fire(LAMP, lamp, "press")
    assert lamp.light is Light.OFF


def test_a_guard_that_holds_lets_its_row_be_walked() -> None:
    lamp = Lamp()
    fire(LAMP, lamp, "press")
    assert lamp.light is Light.ON


def test_a_guard_that_does_not_hold_refuses_and_changes_nothing() -> None:
    lamp = Lamp(powered=False)
    with pytest.raises(NotAllowedNow, match="lamp: press in OFF is held back by its guard"):
        fire(LAMP, lamp, "press")
    assert lamp.light is Light.OFF


@pytest.mark.parametrize(("state", "trigger"), [(Light.OFF, "drop"), (Light.BROKEN, "press"), (Light.BROKEN, "drop")])
def test_a_trigger_without_a_row_refuses_and_changes_nothing(state: Light, trigger: str) -> None:
    lamp = Lamp(light=state)
    with pytest.raises(NotAllowedNow, match=f"^lamp: no {trigger} in {state}$"):
        fire(LAMP, lamp, trigger)
    assert lamp.light is state


def test_a_trigger_that_no_table_has_is_a_defect_of_the_caller() -> None:
    with pytest.raises(KeyError):
        fire(LAMP, Lamp(), "polish")


def test_nothing_is_kept_of_an_item_that_is_gone() -> None:
    item = item_in(SESSION, SessionState.PREPARED)
    fire(SESSION, item, "start")
    gone = weakref.ref(item)
    del item
    gc.collect()
    assert gone() is None


def moves_by_the_library(table: Table[Any], item: Any, trigger: str) -> bool:
    """Whether the machine has moved it."""
    try:
        return bool(table.machine.events[trigger].trigger(item, item))
    except MachineError:
        return False


def moves(table: Table[Any], item: Any, trigger: str) -> bool:
    try:
        fire(table, item, trigger)
    except NotAllowedNow:
        return False
    return True


@given(table=st.sampled_from([*TABLES, LAMP]), powered=st.booleans(), data=st.data())
def test_fire_and_the_library_agree(table: Table[Any], powered: bool, data: st.DataObject) -> None:
    """For every state and trigger, walked on from wherever it leads."""
    state = data.draw(st.sampled_from(states_of(table)))
    ours, theirs = item_in(table, state), item_in(table, state)
    ours.powered = theirs.powered = powered
    for trigger in data.draw(st.lists(st.sampled_from(table.triggers), max_size=8)):
        assert moves(table, ours, trigger) == moves_by_the_library(table, theirs, trigger)
        assert getattr(ours, table.attribute) is getattr(theirs, table.attribute)


def test_fire_and_the_library_agree_everywhere() -> None:
    for table in TABLES:
        for state in states_of(table):
            for trigger in table.triggers:
                ours, theirs = item_in(table, state), item_in(table, state)
                assert moves(table, ours, trigger) == moves_by_the_library(table, theirs, trigger)
                assert getattr(ours, table.attribute) is getattr(theirs, table.attribute)


# Rows as data


def test_rows_are_found_by_state_and_trigger_in_their_order() -> None:
    first, second = Row("go", Light.OFF, Light.ON, guard=is_powered), Row("go", Light.OFF, Light.BROKEN)
    table = build("two ways", Light.OFF, (first, second), attribute="light")
    assert table.by_trigger == {(Light.OFF, "go"): (first, second)}
    assert table.triggers == ("go",)
    assert LAMP.triggers == ("press", "drop")


def test_reachable_follows_the_rows_to_their_end() -> None:
    assert reachable(LAMP) == {Light.OFF, Light.ON, Light.BROKEN}


def test_reachable_begins_in_every_state_in_which_a_life_may_begin() -> None:
    table = build("two ways in", Light.OFF, LAMP.rows, also_initial=(Light.LOST,), attribute="light")
    assert reachable(table) == set(Light)
    assert reachable(build("one way", Light.BROKEN, LAMP.rows, attribute="light")) == {Light.BROKEN}


# The tables that there are


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_every_state_can_be_reached(table: Table[Any]) -> None:
    assert reachable(table) == set(states_of(table))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_just_the_final_states_have_no_way_out(table: Table[Any]) -> None:
    assert set(states_of(table)) - {row.source for row in table.rows} == table.final


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_no_row_stands_there_twice(table: Table[Any]) -> None:
    assert all(len(rows) == 1 for rows in table.by_trigger.values())


def test_a_life_begins_and_ends_where_the_specification_says() -> None:
    assert (SESSION.initial, SESSION.final) == (SessionState.PREPARED, frozenset({SessionState.DISPOSED}))
    assert (CHANNELGROUP.initial, CHANNELGROUP.final) == (
        ChannelGroupState.INITIALIZING,
        frozenset({ChannelGroupState.DISPOSED}),
    )
    assert (LOGIN.initial, LOGIN.final) == (LoginState.INACTIVE, frozenset())
    assert (AGENT.initial, AGENT.final) == (AgentState.NOTREADY, frozenset())
    assert (INTERACTION.initial, INTERACTION.also_initial, INTERACTION.final) == (
        InteractionState.ALERTING,
        (InteractionState.DIALING,),
        frozenset({InteractionState.COMPLETED}),
    )
    assert (CONVERSATION.initial, CONVERSATION.also_initial, CONVERSATION.final) == (
        ConversationState.ALERTING,
        (ConversationState.DIALING,),
        frozenset({ConversationState.ENDED}),
    )


@pytest.mark.parametrize("path", [["start", "initialized", "logout", "logged_out"], ["start", "start_failed", "start"]])
def test_the_way_of_a_session(path: list[str]) -> None:
    item = item_in(SESSION, SESSION.initial)
    for trigger in path:
        fire(SESSION, item, trigger)


@pytest.mark.parametrize("state", [state for state in SessionState if state is not SessionState.DISPOSED])
def test_a_session_can_be_disposed_of_at_any_time_once(state: SessionState) -> None:
    item = item_in(SESSION, state)
    fire(SESSION, item, "dispose")
    with pytest.raises(NotAllowedNow):
        fire(SESSION, item, "dispose")


@pytest.mark.parametrize(
    ("source", "trigger", "dest"),
    [
        ("LOGGINGOUT", "logout_failed", "INITIALIZED"),
        ("INITIALIZED", "reset", "PREPARED"),
        ("PREPARED", "reset", "PREPARED"),
        ("PREPARED", "logout", None),
        ("INITIALIZING", "logout", None),
        ("INITIALIZED", "start", None),
        ("LOGGINGOUT", "reset", None),
    ],
)
def test_rows_of_the_session(source: str, trigger: str, dest: str | None) -> None:
    rows = SESSION.by_trigger.get((SessionState(source), trigger))
    assert (rows[0].dest if rows else None) == dest


def test_a_platform_may_skip_a_step_between_login_states() -> None:
    assert set(LOGIN_ROUTES) == {(source, dest) for source in LoginState for dest in LoginState}
    for (source, dest), route in LOGIN_ROUTES.items():
        item = item_in(LOGIN, source)
        for trigger in route:
            fire(LOGIN, item, trigger)
        assert item.loginstate is dest
        assert len(route) <= 2
        assert (route == ()) == (source is dest)


def test_each_agent_state_has_the_trigger_that_leads_there_from_anywhere() -> None:
    assert set(AGENT_TRIGGERS) == set(AgentState)
    for dest, trigger in AGENT_TRIGGERS.items():
        for source in AgentState:
            item = item_in(AGENT, source)
            fire(AGENT, item, trigger)
            assert item.agentstate is dest


# Interactions and conversations

LIVES: list[tuple[Table[Any], Any]] = [(INTERACTION, interaction), (CONVERSATION, conversation)]

WAYS: dict[str, tuple[Table[Any], set[tuple[str, str]]]] = {
    "interaction": (
        INTERACTION,
        {
            ("ALERTING", "STARTED"),
            ("DIALING", "STARTED"),
            ("ALERTING", "ENDED"),
            ("DIALING", "ENDED"),
            ("STARTED", "ENDED"),
            ("ENDED", "COMPLETED"),
        },
    ),
    "conversation": (
        CONVERSATION,
        {
            ("ALERTING", "CONNECTED"),
            ("DIALING", "CONNECTED"),
            ("CONNECTED", "HELD"),
            ("HELD", "CONNECTED"),
            ("ALERTING", "ENDED"),
            ("DIALING", "ENDED"),
            ("CONNECTED", "ENDED"),
            ("HELD", "ENDED"),
        },
    ),
}
"""The transitions of the specification, as pairs of states."""


@pytest.mark.parametrize("name", WAYS)
def test_rows_are_the_transitions_of_the_specification(name: str) -> None:
    table, expected = WAYS[name]
    assert {(row.source, row.dest) for row in table.rows} == expected


def walk(table: Table[Any], state: Any, triggers: tuple[str, ...]) -> Any:
    item = item_in(table, state)
    for trigger in triggers:
        fire(table, item, trigger)
    return item.state


@pytest.mark.parametrize(("table", "life"), LIVES, ids=["interaction", "conversation"])
def test_one_that_is_new_begins_where_a_life_begins_and_gets_where_it_is(table: Table[Any], life: Any) -> None:
    assert set(life.BEGINNINGS) == set(states_of(table)) - table.final
    for state, (first, triggers) in life.BEGINNINGS.items():
        assert first in (table.initial, *table.also_initial)
        assert walk(table, first, triggers) is state


@pytest.mark.parametrize(("table", "life"), LIVES, ids=["interaction", "conversation"])
def test_routes_lead_where_they_say_by_the_shortest_way(table: Table[Any], life: Any) -> None:
    for (source, dest), triggers in life.ROUTES.items():
        assert walk(table, source, triggers) is dest
        assert (triggers == ()) == (source is dest)


def test_there_is_a_route_wherever_the_rows_lead() -> None:
    """What ended is reported no longer as a leg, and what rings cannot ring again."""
    interactions = {("ALERTING", "COMPLETED"), ("DIALING", "COMPLETED"), ("STARTED", "COMPLETED")}
    staying = {(state.value, state.value) for state in InteractionState if state is not InteractionState.COMPLETED}
    assert set(interaction.ROUTES) == WAYS["interaction"][1] | interactions | staying
    legs = {(source, dest) for source, dest in WAYS["conversation"][1] if dest != "ENDED"}
    skipped = {("ALERTING", "HELD"), ("DIALING", "HELD")}
    staying = {(state.value, state.value) for state in ConversationState if state is not ConversationState.ENDED}
    assert set(conversation.ROUTES) == legs | skipped | staying
