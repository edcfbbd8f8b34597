"""What the conversation commands do: one leg of a call."""

from collections.abc import Callable

from protocol import platform
from protocol.commands import Destination, NoData, SendDtmf
from protocol.errors import FailureCode, Refused
from protocol.states import ConversationState
from statemachines.actions.interaction import accept, carry_out, has_started, is_over, refuse_beside_another_call
from statemachines.changes import Change
from statemachines.contact import Conversation, Interaction
from statemachines.operation import Done, Operation, ask
from statemachines.world import Session


def answer(session: Session, leg: Conversation, data: NoData) -> Operation:
    return accept(session, leg.interaction, data)


def hold(session: Session, leg: Conversation, _: NoData) -> Operation:
    it = leg.interaction
    call = platform.HoldLeg(endpoint=it.channel.endpoint, interaction=it.key, leg=leg.key)
    return carry_out(session, it, call, _is(leg, ConversationState.HELD))


def retrieve(session: Session, leg: Conversation, _: NoData) -> Operation:
    it = leg.interaction
    refuse_beside_talk(leg)
    call = platform.RetrieveLeg(endpoint=it.channel.endpoint, interaction=it.key, leg=leg.key)
    return (yield from carry_out(session, it, call, _is(leg, ConversationState.CONNECTED)))


def release(session: Session, leg: Conversation, _: NoData) -> Operation:
    it = leg.interaction
    call = platform.ReleaseLeg(endpoint=it.channel.endpoint, interaction=it.key, leg=leg.key)
    return carry_out(session, it, call, _is(leg, ConversationState.ENDED))


def blind_transfer(session: Session, leg: Conversation, data: Destination) -> Operation:
    it = leg.interaction
    refuse_beside_consult(it)
    call = platform.BlindTransfer(
        endpoint=it.channel.endpoint, interaction=it.key, leg=leg.key, destination=data.destination
    )
    return (yield from carry_out(session, it, call, is_over))


def blind_conference(session: Session, leg: Conversation, data: Destination) -> Operation:
    it = leg.interaction
    refuse_beside_consult(it)

    def goes_on(interaction: Interaction) -> bool:
        return has_started(interaction) and not leg.disposed

    def say(change: Change) -> None:
        if leg not in change.legs_changed:
            change.legs_changed = (*change.legs_changed, leg)

    call = platform.BlindConference(
        endpoint=it.channel.endpoint, interaction=it.key, leg=leg.key, destination=data.destination
    )
    return (yield from carry_out(session, it, call, goes_on, say=say))


def send_dtmf(_: Session, leg: Conversation, data: SendDtmf) -> Operation:
    it = leg.interaction
    yield from ask(
        platform.SendDigits(endpoint=it.channel.endpoint, interaction=it.key, leg=leg.key, digits=data.digits)
    )
    return Done()


def refuse_beside_talk(leg: Conversation) -> None:
    """One leg of a channel talks at a time."""
    refuse_beside_another_call(leg.interaction)
    for other in leg.interaction.conversations.values():
        if other.state is ConversationState.CONNECTED:
            raise Refused(
                FailureCode.CONSULT_EXISTS,
                f"conversation {other.id} is connected; use interaction.alternate, or hold or release it first",
            )


def refuse_beside_consult(it: Interaction) -> None:
    if it.consult is not None:
        raise Refused(
            FailureCode.CONSULT_EXISTS,
            f"interaction {it.id} has the consult {it.consult.id}; release it, or use interaction.consulttransfer or "
            "interaction.consultconference",
        )


def _is(leg: Conversation, state: ConversationState) -> Callable[[Interaction], bool]:
    return lambda _: leg.state is state
