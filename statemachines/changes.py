"""From a platform's report of an interaction to the world: is it possible at all, and what has changed by it.

A report says how things stand. `problem` compares that with what the session knows, by the tables: what the tables do
not allow is late, out of order or wrong, and is refused as a whole. `take_in` follows the rest through the tables, and
returns the difference, which `sequences` tells in its promised order.
"""

from collections.abc import Iterable
from typing import Final

import attrs

from protocol.ids import ConversationId, InteractionId
from protocol.platform import InteractionReport, LegReport, Member, Message
from protocol.states import ConversationState, ConversationType, EndCause, InteractionState
from statemachines import conversation as legs
from statemachines import interaction as lives
from statemachines.contact import SEEN_KEPT, Conversation, Interaction, remember
from statemachines.conversation import CONVERSATION
from statemachines.interaction import INTERACTION
from statemachines.table import fire
from statemachines.world import Channel, Session

AT_ONCE: Final = 200
"""How many interactions a channel may have at the same time: beyond, the platform's word makes no sense."""
TRANSCRIPT_CHARS: Final = 262_144
"""How much of what was said before is told, the latest of it: more would not fit into a connection's buffer."""
FINISHED_KEPT: Final = 1_000
"""How many ids of completed interactions a channel remembers."""


@attrs.define(kw_only=True, eq=False)
class Change:
    """What one report has changed at one interaction. `legs_*` are in the order of telling."""

    interaction: Interaction
    was: InteractionState
    """Its state before."""
    is_new: bool = False
    legs_changed: tuple[Conversation, ...] = ()
    """Those that go on with another state or other members; what was held comes before what was retrieved."""
    legs_ended: tuple[Conversation, ...] = ()
    legs_promoted: tuple[Conversation, ...] = ()
    """Consults that are the primary now."""
    legs_begun: tuple[Conversation, ...] = ()
    members_gone: dict[Conversation, tuple[Member, ...]] = attrs.field(factory=dict)
    members_come: dict[Conversation, tuple[Member, ...]] = attrs.field(factory=dict)
    described_anew: bool = False
    focus_told: bool = False
    state_told: bool = False
    abilities_changed: bool = False
    """Of the customer's side: commands may have opened or closed."""
    started: bool = False
    ended: bool = False
    completed: bool = False
    data_told: bool = False
    data_changed: tuple[str, ...] = ()
    channel_told: bool = False

    @property
    def tells(self) -> bool:
        """Is there anything to tell?"""
        return any(
            (
                self.is_new,
                self.legs_changed,
                self.legs_ended,
                self.legs_promoted,
                self.legs_begun,
                self.described_anew,
                self.focus_told,
                self.state_told,
                self.abilities_changed,
                self.started,
                self.ended,
                self.completed,
                self.data_told,
                self.channel_told,
            )
        )


def find(channel: Channel, key: str) -> Interaction | None:
    """The interaction by the platform's id."""
    return next((each for each in channel.interactions.values() if each.key == key), None)


# Is it possible?


def problem(channel: Channel, report: InteractionReport) -> str | None:
    """Why the report cannot be taken in at this channel, or None."""
    if found := report.problem():
        return found
    if report.type is not channel.type:
        return f"interaction {report.id}: a {report.type} at the {channel.type} endpoint {channel.endpoint}"
    if report.id in channel.finished:
        return f"interaction {report.id} was completed before"
    known = find(channel, report.id)
    others = (each for each in channel.interactions.values() if each is not known)
    if report.connected and any(_is_connected(leg) for each in others for leg in each.conversations.values()):
        return f"interaction {report.id}: a second CONNECTED leg at {channel.endpoint}"
    if known is None:
        if len(channel.interactions) >= AT_ONCE:
            return f"interaction {report.id}: {AT_ONCE} interactions at {channel.endpoint} are the most"
        return None if report.state in lives.BEGINNINGS else f"interaction {report.id} never was"
    if (known.state, report.state) not in lives.ROUTES:
        return f"interaction {report.id} cannot go from {known.state} to {report.state}"
    return next((found for leg in report.legs if (found := _leg_problem(known, leg))), None)


def _leg_problem(known: Interaction, report: LegReport) -> str | None:
    leg = known.leg(report.id)
    if leg is None:
        return f"leg {report.id} has ended before" if report.id in known.ended_keys else None
    if (leg.state, report.state) not in legs.ROUTES:
        return f"leg {report.id} cannot go from {leg.state} to {report.state}"
    if leg.type is ConversationType.PRIMARY and report.type is ConversationType.CONSULT:
        return f"leg {report.id} was the primary and cannot become a consult"
    return None


def _is_connected(leg: Conversation) -> bool:
    return leg.state is ConversationState.CONNECTED


# Taking in


def take_in(session: Session, channel: Channel, report: InteractionReport) -> Change:
    """Follow a report that has no `problem`, and say what it changed; the channel's part of it included."""
    known = find(channel, report.id)
    change = _begin(session, channel, report) if known is None else _go_on(session, known, report)
    if report.channel is not None and not channel.matches(report.channel):
        channel.take_in(report.channel)
        change.channel_told = True
    return change


def _begin(session: Session, channel: Channel, report: InteractionReport) -> Change:
    first, triggers = lives.BEGINNINGS[report.state]
    interaction_id = InteractionId(session.next_id("i"))
    interaction = Interaction(
        target=channel.target.child(interaction_id),
        channel=channel,
        key=report.id,
        contact=report.contact,
        type=report.type,
        direction=report.direction,
        state=first,
        data=report.data,
        recording=report.recording,
        abilities=report.abilities,
        transcript=_latest(report.transcript),
        cause=report.cause,
        disposition=report.disposition,
        wrapup_s=report.wrapup_s,
        seen=dict.fromkeys(message.id for message in report.transcript[-SEEN_KEPT:]),
    )
    for trigger in triggers:
        fire(INTERACTION, interaction, trigger)
    for leg in report.legs:
        _begin_leg(session, interaction, leg)
    interaction.focus = _focus(interaction.conversations.values(), None)
    channel.interactions[interaction_id] = interaction
    return Change(interaction=interaction, was=interaction.state, is_new=True)


def _latest(transcript: tuple[Message, ...]) -> tuple[Message, ...]:
    kept, chars = len(transcript), 0
    while kept and (chars := chars + len(transcript[kept - 1].text)) <= TRANSCRIPT_CHARS:
        kept -= 1
    return transcript[kept:]


def _begin_leg(session: Session, interaction: Interaction, report: LegReport) -> Conversation:
    first, triggers = legs.BEGINNINGS[report.state]
    conversation_id = ConversationId(session.next_id("v"))
    leg = Conversation(
        target=interaction.target.child(conversation_id),
        interaction=interaction,
        key=report.id,
        type=report.type,
        direction=report.direction,
        state=first,
        members={member.id: member for member in report.members},
    )
    for trigger in triggers:
        fire(CONVERSATION, leg, trigger)
    interaction.conversations[conversation_id] = leg
    return leg


def _go_on(session: Session, interaction: Interaction, report: InteractionReport) -> Change:
    change = Change(interaction=interaction, was=interaction.state)
    interaction.doubted, interaction.forget_at = False, None
    _follow_legs(session, interaction, report, change)
    _follow_facts(interaction, report, change)
    triggers = lives.ROUTES[interaction.state, report.state]
    for trigger in triggers:
        fire(INTERACTION, interaction, trigger)
    change.started = "started" in triggers
    change.ended = "ended" in triggers
    change.completed = "completed" in triggers
    change.state_told |= change.started
    if change.ended:
        interaction.cause, interaction.wrapup_s = report.cause, report.wrapup_s
    elif interaction.over and interaction.wrapup_s != report.wrapup_s:
        interaction.wrapup_s, interaction.complete_at = report.wrapup_s, None
    interaction.disposition = report.disposition or interaction.disposition
    if change.completed:
        _finish(interaction)
    elif not interaction.over:
        focus = _focus(interaction.conversations.values(), interaction.focus)
        change.state_told |= bool(change.legs_begun or change.legs_ended)
        change.focus_told = bool(focus != interaction.focus or change.legs_begun or change.legs_ended)
        interaction.focus = focus
    return change


def _follow_legs(session: Session, interaction: Interaction, report: InteractionReport, change: Change) -> None:
    reported = {leg.id: leg for leg in report.legs}
    changed: list[Conversation] = []
    ended: list[Conversation] = []
    promoted: list[Conversation] = []
    for conversation in tuple(interaction.conversations.values()):
        news = reported.pop(conversation.key, None)
        if news is None:
            ended.append(_end_leg(interaction, conversation))
            continue
        if conversation.type is not news.type:
            conversation.type = news.type
            promoted.append(conversation)
        triggers = legs.ROUTES[conversation.state, news.state]
        change.state_told |= "answered" in triggers
        for trigger in triggers:
            fire(CONVERSATION, conversation, trigger)
        if _follow_members(conversation, news, change) or triggers:
            changed.append(conversation)
    change.legs_changed = tuple(sorted(changed, key=lambda leg: leg.state is not ConversationState.HELD))
    change.legs_ended, change.legs_promoted = tuple(ended), tuple(promoted)
    change.legs_begun = tuple(_begin_leg(session, interaction, news) for news in reported.values())


def _end_leg(interaction: Interaction, conversation: Conversation) -> Conversation:
    fire(CONVERSATION, conversation, "ended")
    remember(interaction.ended_keys, conversation.key)
    del interaction.conversations[ConversationId(conversation.id)]
    if not interaction.conversations:
        interaction.focus = ConversationId(conversation.id)
    return conversation


def _follow_members(conversation: Conversation, news: LegReport, change: Change) -> bool:
    """A member who is described otherwise than before goes and comes."""
    before, now = conversation.members, {member.id: member for member in news.members}
    gone = tuple(member for member in before.values() if now.get(member.id) != member)
    come = tuple(member for member in now.values() if before.get(member.id) != member)
    if gone or come:
        conversation.members = now
    if gone:
        change.members_gone[conversation] = gone
    if come:
        change.members_come[conversation] = come
    return bool(gone or come)


def _follow_facts(interaction: Interaction, report: InteractionReport, change: Change) -> None:
    described = (interaction.contact, interaction.direction)
    interaction.contact, interaction.direction = report.contact, report.direction
    change.described_anew = described != (report.contact, report.direction)
    change.state_told |= interaction.recording is not report.recording
    change.abilities_changed = interaction.abilities != report.abilities
    interaction.recording, interaction.abilities = report.recording, report.abilities
    keys = dict.fromkeys((*interaction.data, *report.data))
    change.data_changed = tuple(key for key in keys if interaction.data.get(key) != report.data.get(key))
    change.data_told = bool(change.data_changed)
    interaction.data = report.data


def _focus(conversations: Iterable[Conversation], before: ConversationId | None) -> ConversationId | None:
    """Where the agent talks: the connected leg, else the one that is ringing, else the one before, else any."""
    alive = tuple(conversations)
    for states in ((ConversationState.CONNECTED,), (ConversationState.DIALING, ConversationState.ALERTING)):
        for leg in alive:
            if leg.state in states:
                return ConversationId(leg.id)
    ids = [ConversationId(leg.id) for leg in alive]
    return before if before in ids or not ids else ids[0]


def _finish(interaction: Interaction) -> None:
    """It is completed: the channel lets go of it, and remembers its name for a while."""
    channel = interaction.channel
    del channel.interactions[InteractionId(interaction.id)]
    remember(channel.finished, interaction.key, FINISHED_KEPT)


def forget(session: Session, interaction: Interaction) -> Change:
    """End what the platform seems to have forgotten. Should it tell of it again, that is an interaction anew."""
    change = take_in(session, interaction.channel, last_word(interaction, EndCause.FAILED))
    interaction.channel.finished.pop(interaction.key, None)
    return change


def last_word(interaction: Interaction, cause: EndCause) -> InteractionReport:
    """The report that the platform owes of an interaction that it has forgotten: it is over, by `cause`."""
    return InteractionReport(
        endpoint=interaction.channel.endpoint,
        id=interaction.key,
        contact=interaction.contact,
        type=interaction.type,
        direction=interaction.direction,
        state=InteractionState.COMPLETED,
        data=interaction.data,
        recording=interaction.recording,
        cause=interaction.cause or cause,
    )
