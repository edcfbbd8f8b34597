"""The rules behind a change: rows of the state tables, as specs/transitions.md lists them."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import attrs

from protocol.ids import ObjectKind
from protocol.states import (
    AgentState,
    ChannelGroupState,
    ConversationState,
    InteractionState,
    LoginState,
    SessionState,
)
from statemachines import conversation as legs
from statemachines import interaction as lives
from statemachines.channel import AGENT, AGENT_TRIGGERS, LOGIN, LOGIN_ROUTES
from statemachines.channelgroup import CHANNELGROUP
from statemachines.conversation import CONVERSATION
from statemachines.interaction import INTERACTION
from statemachines.session import SESSION
from statemachines.table import Table

Fields = Mapping[str, Any]
"""The state fields of an object, as its events show them; empty: it has been removed."""


@attrs.frozen
class Rule:
    """A row of the table that has this title in specs/transitions.md."""

    table: str
    trigger: str
    source: str
    dest: str


def rules(kind: ObjectKind, before: Fields | None, after: Fields, *, new: bool, way: tuple[str, ...]) -> list[Rule]:
    """The rows that lead from one to the other. `new`: the object begins here. `way`: a session's own triggers.

    Empty where the state is the same and only a reason, what is pending or the recording has changed, or where the
    state before is not known.
    """
    if before is None and not new:
        return []
    before = before or {}
    match kind:
        case ObjectKind.SESSION:
            return list(_along(SESSION, SessionState(before.get("state", SESSION.initial)), way))
        case ObjectKind.CHANNELGROUP:
            was = ChannelGroupState(before.get("state", CHANNELGROUP.initial))
            return list(_along(CHANNELGROUP, was, _GROUP_WAYS.get((was, after.get("state")), ())))
        case ObjectKind.CHANNEL:
            return [*_login(before, after), *_agent(before, after)]
        case ObjectKind.INTERACTION:
            state = InteractionState(after["state"])
            if new:
                first, triggers = lives.BEGINNINGS[state]
                return list(_along(INTERACTION, first, triggers))
            source = InteractionState(before["state"])
            return list(_along(INTERACTION, source, lives.ROUTES.get((source, state), ())))
        case _:
            return list(_of_leg(before, ConversationState(after["state"]), new=new))


_GROUP_WAYS: Mapping[tuple[ChannelGroupState, Any], tuple[str, ...]] = {
    (ChannelGroupState.INITIALIZING, ChannelGroupState.INITIALIZED): ("initialized",),
    (ChannelGroupState.INITIALIZED, ChannelGroupState.DISPOSED): ("dispose",),
}


def _along(table: Table[Any], state: StrEnum, triggers: Iterable[str]) -> Iterator[Rule]:
    rows = table.by_trigger
    for trigger in triggers:
        row = rows[state, trigger][0]
        yield Rule(table.title, trigger, row.source, row.dest)
        state = row.dest


def _login(before: Fields, after: Fields) -> Iterator[Rule]:
    if "loginstate" in after:
        source, dest = LoginState(before.get("loginstate", LOGIN.initial)), LoginState(after["loginstate"])
        yield from _along(LOGIN, source, LOGIN_ROUTES[source, dest])


def _agent(before: Fields, after: Fields) -> Iterator[Rule]:
    if "agentstate" in after:
        source, dest = AgentState(before.get("agentstate", AGENT.initial)), AgentState(after["agentstate"])
        if source is not dest:
            yield from _along(AGENT, source, (AGENT_TRIGGERS[dest],))


def _of_leg(before: Fields, state: ConversationState, *, new: bool) -> Iterator[Rule]:
    if new:
        first, triggers = legs.BEGINNINGS[state]
        yield from _along(CONVERSATION, first, triggers)
        return
    source = ConversationState(before["state"])
    ended = state is ConversationState.ENDED and source is not state
    yield from _along(CONVERSATION, source, ("ended",) if ended else legs.ROUTES.get((source, state), ()))
