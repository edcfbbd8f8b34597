"""Interactions as a CTI platform reports them, in short; and what becomes of one when something happens to it.

Each function returns a report of its own; what stands where is remembered by FakePlatform.
"""

from typing import Any

import attrs

from protocol.platform import (
    OVER,
    ChannelReport,
    Disposition,
    InteractionReport,
    LegReport,
    Member,
    Message,
    MessagePosted,
    Party,
)
from protocol.states import (
    Ability,
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
    PartyRole,
)

CUSTOMER = Party(id="p1", name="Carol", role=PartyRole.CUSTOMER)
AGENT = Party(id="p2", name="Ann Example", role=PartyRole.AGENT)
TIME = "2026-11-21T09:30:00.000Z"

_FIRST_LEG = {"ALERTING": "ALERTING", "DIALING": "DIALING", "STARTED": "CONNECTED"}

# Reports in short


def member(address: str) -> Member:
    return Member(id=f"m{address}", address=address)


def leg(state: str = "CONNECTED", *addresses: str, key: str = "a", consult: bool = False) -> LegReport:
    """One leg to those addresses, or to 555. What is DIALING, or a consult, is outbound."""
    return LegReport(
        id=key,
        type=ConversationType.CONSULT if consult else ConversationType.PRIMARY,
        state=ConversationState(state),
        direction=Direction.OUTBOUND if consult or state == "DIALING" else Direction.INBOUND,
        members=tuple(map(member, addresses or ("555",))),
    )


def call(state: str = "ALERTING", *legs: LegReport, at: str = "4001", key: str = "1", **more: Any) -> InteractionReport:
    """A call in this state with these legs, or with the one leg that it has as a rule. DIALING it is outbound."""
    usual = (leg(_FIRST_LEG[state]),) if state in _FIRST_LEG else ()
    outbound = "DIALING" in (state, *(each.state for each in legs[:1]))
    direction = Direction.OUTBOUND if outbound else Direction.INBOUND
    return _report(ChannelType.TELEPHONY, state, at, key, **{"direction": direction, "legs": legs or usual, **more})


def chat(state: str = "ALERTING", *, at: str = "chat-1", key: str = "1", **more: Any) -> InteractionReport:
    """A chat whose customer's side can do everything."""
    return _report(ChannelType.CHAT, state, at, key, **{"abilities": frozenset(Ability), **more})


def email(state: str = "ALERTING", *, at: str = "email-1", key: str = "1", **more: Any) -> InteractionReport:
    return _report(ChannelType.EMAIL, state, at, key, **more)


def _report(kind: ChannelType, state: str, at: str, key: str, **more: Any) -> InteractionReport:
    usual = {
        "contact": f"contact-{key}",
        "direction": Direction.INBOUND,
        "data": {"account": "7"},
        "cause": EndCause.REMOTE if state in OVER else None,
    }
    return InteractionReport(endpoint=at, id=key, type=kind, state=InteractionState(state), **{**usual, **more})


def message(text: str, *, key: str = "x1", party: Party = CUSTOMER) -> Message:
    """One message of a transcript."""
    return Message(id=key, party=party, text=text, time=TIME)


def posted(
    text: str,
    *,
    at: str = "chat-1",
    interaction: str = "1",
    key: str = "x1",
    party: Party = CUSTOMER,
) -> MessagePosted:
    return MessagePosted(endpoint=at, interaction=interaction, id=key, party=party, text=text, time=TIME)


# What becomes of one


def with_leg(it: InteractionReport, leg_id: str, **changes: Any) -> InteractionReport:
    """One of its legs is otherwise."""
    return attrs.evolve(
        it, legs=tuple(attrs.evolve(each, **changes) if each.id == leg_id else each for each in it.legs)
    )


def in_state(it: InteractionReport, leg_id: str, state: str) -> InteractionReport:
    """One of its legs goes into `state`."""
    return with_leg(it, leg_id, state=ConversationState(state))


def answered(it: InteractionReport) -> InteractionReport:
    """It starts; or, having started, the consulted party answers."""
    for each in it.legs:
        if each.state in (ConversationState.ALERTING, ConversationState.DIALING):
            it = in_state(it, each.id, "CONNECTED")
    return attrs.evolve(it, state=InteractionState.STARTED)


def consulting(it: InteractionReport, address: str, *, key: str = "b") -> InteractionReport:
    """The primary leg is held, and somebody else is called."""
    (primary,) = it.legs
    it = in_state(it, primary.id, "HELD")
    return attrs.evolve(it, legs=(*it.legs, leg("DIALING", address, key=key, consult=True)))


def alternated(it: InteractionReport) -> InteractionReport:
    """What talked is held, what was held talks."""
    other = {ConversationState.CONNECTED: "HELD", ConversationState.HELD: "CONNECTED"}
    for each in it.legs:
        it = in_state(it, each.id, other[each.state])
    return it


def conferenced(it: InteractionReport) -> InteractionReport:
    """Both legs are one, the primary."""
    primary, consult = it.legs
    both = attrs.evolve(primary, state=ConversationState.CONNECTED, members=(*primary.members, *consult.members))
    return attrs.evolve(it, legs=(both,))


def joined(it: InteractionReport, leg_id: str, address: str) -> InteractionReport:
    (found,) = (each for each in it.legs if each.id == leg_id)
    return with_leg(it, leg_id, members=(*found.members, member(address)))


def left(it: InteractionReport, leg_id: str, address: str) -> InteractionReport:
    (found,) = (each for each in it.legs if each.id == leg_id)
    return with_leg(it, leg_id, members=tuple(each for each in found.members if each.address != address))


def without_leg(it: InteractionReport, leg_id: str) -> InteractionReport:
    """One of two legs has ended; the one that is left is the primary."""
    (other,) = (each for each in it.legs if each.id != leg_id)
    return attrs.evolve(it, legs=(attrs.evolve(other, type=ConversationType.PRIMARY),))


def over(
    it: InteractionReport, cause: EndCause, *, wrapup_s: float | None = None, channel: ChannelReport | None = None
) -> InteractionReport:
    """It has ended, and is completed unless wrap-up is due."""
    state = InteractionState.COMPLETED if wrapup_s is None else InteractionState.ENDED
    return attrs.evolve(it, state=state, legs=(), cause=cause, wrapup_s=wrapup_s, channel=channel)


def completed(
    it: InteractionReport, disposition: Disposition | None = None, *, channel: ChannelReport | None = None
) -> InteractionReport:
    """Wrap-up is done."""
    done = InteractionState.COMPLETED
    return attrs.evolve(it, state=done, wrapup_s=None, disposition=disposition, channel=channel)
