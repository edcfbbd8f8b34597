"""The events that the model speaks in, with what they must show. A thing within what is shown stands for its id."""

from typing import Any

from protocol.platform import OVER, Disposition, LegReport, Member, Message, MessagePosted, Party
from protocol.states import ChannelType, InteractionState
from tests.walks.words import Tell, Thing, Told

Shown = dict[str, Any]


def present(**properties: Any) -> Shown:
    """A property without a value is not sent."""
    return {name: value for name, value in properties.items() if value is not None}


def pair(channel: Thing) -> Told:
    return [Tell("channel.infochanged", channel), Tell("state.updated", channel)]


def group_of(channel: Thing) -> Told:
    return [updated(channel.owner)] if channel.owner.kind == "channelgroup" else []


def updated(thing: Thing) -> Tell:
    """state.updated of a thing, in its present state."""
    match thing.kind:
        case "interaction":
            return Tell("state.updated", thing, {"state": state_of(thing)})
        case "conversation":
            return Tell("state.updated", thing, {"state": {"state": thing["state"]}})
        case _:
            return Tell("state.updated", thing)


# Things as events show them


def is_call(interaction: Thing) -> bool:
    return bool(interaction["report"].type == ChannelType.TELEPHONY)


def state_of(interaction: Thing) -> Shown:
    report = interaction["report"]
    return present(state=report.state, recording=report.recording if is_call(interaction) else None)


def interaction_info(interaction: Thing, state: InteractionState | None = None) -> Shown:
    """In its present state, or in one on the way to it."""
    report = interaction["report"]
    state = state or report.state
    return present(
        id=interaction,
        contact=report.contact,
        type=str(report.type).capitalize(),
        modeltype=report.type,
        direction=report.direction,
        focus=None if state in OVER else interaction["focus"],
        **{**state_of(interaction), "state": state},
    )


def conversation_info(conversation: Thing) -> Shown:
    leg: LegReport = conversation["leg"]
    return {
        "id": conversation,
        "type": leg.type,
        "state": conversation["state"],
        "direction": leg.direction,
        "members": [member_info(member) for member in leg.members],
    }


def member_info(member: Member) -> Shown:
    return present(id=member.id, address=member.address, name=member.name)


def party_info(party: Party) -> Shown:
    return {"id": party.id, "name": party.name, "role": party.role}


def message_info(message: Message | MessagePosted) -> Shown:
    return {"id": message.id, "party": party_info(message.party), "text": message.text, "time": message.time}


def disposition_info(disposition: Disposition | None) -> Shown | None:
    return None if disposition is None else present(code=disposition.code, note=disposition.note)


# Events of interactions and conversations


def about(name: str, interaction: Thing, state: InteractionState | None = None, **more: Any) -> Tell:
    """An event that carries the whole interaction."""
    return Tell(name, interaction, {"interaction": interaction_info(interaction, state), **more})


def data_changed(interaction: Thing, changed: list[str]) -> Tell:
    shown = {"interactiondata": interaction["report"].data, "changed": changed}
    return Tell("interaction.datachanged", interaction, shown)


def ended(interaction: Thing) -> Tell:
    report = interaction["report"]
    return about(
        "interaction.ended",
        interaction,
        InteractionState.ENDED,
        cause=report.cause,
        wrapup=report.state == InteractionState.ENDED,
    )


def completion(interaction: Thing) -> Told:
    """An interaction that is over and done with."""
    said = present(disposition=disposition_info(interaction["report"].disposition))
    return [
        about("interaction.completed", interaction, **said),
        Tell("interaction.disposed", interaction, {"interaction": {"id": interaction}}),
        *pair(interaction.owner),
    ]


def interaction_bracket(interaction: Thing, legs: list[Thing]) -> Told:
    report = interaction["report"]
    transcript = [message_info(message) for message in report.transcript]
    said: Shown = {"transcript": transcript} if transcript else {}
    match report.state:
        case InteractionState.STARTED:
            what = about("interaction.started", interaction, **said)
        case InteractionState.ENDED:
            what = ended(interaction)
        case _:
            what = about("interaction.preview", interaction, interactiondata=report.data, **said)
    return [
        about("interaction.created", interaction),
        updated(interaction),
        *(event for leg in legs for event in conversation_bracket(leg)),
        data_changed(interaction, list(report.data)),
        what,
        about("interaction.initialized", interaction),
    ]


def conversation_bracket(leg: Thing) -> Told:
    return [
        Tell("conversation.created", leg, {"conversation": conversation_info(leg)}),
        updated(leg),
        *(Tell("conversation.member.added", leg, {"member": member_info(member)}) for member in leg["leg"].members),
        Tell("conversation.initialized", leg, {"conversation": conversation_info(leg)}),
    ]


def leg_changed(leg: Thing, gone: list[Member], come: list[Member]) -> Told:
    return [
        *(Tell("conversation.member.removed", leg, {"member": member_info(member)}) for member in gone),
        updated(leg),
        *(Tell("conversation.member.added", leg, {"member": member_info(member)}) for member in come),
    ]


def leg_ended(leg: Thing) -> Told:
    return [updated(leg), Tell("conversation.disposed", leg, {"conversation": {"id": leg}})]
