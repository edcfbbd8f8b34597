"""What the interaction commands of calls and of all media do, and the steps that conversations share."""

import contextlib
from collections.abc import Callable
from typing import Final

from protocol import platform
from protocol.commands import Complete, Destination, Dial, GetData, NoData, Reject, SetData
from protocol.errors import FailureCode, Refused
from protocol.platform import DataMap, Disposition, InteractionReport, PlatformCall
from protocol.results import InteractionData
from protocol.states import ConversationState, EndCause, InteractionState, RecordingState
from statemachines import changes
from statemachines.changes import Change
from statemachines.contact import Interaction
from statemachines.operation import Asking, Done, Operation, Outcome, Stopped, ask, check_interaction, platform_error
from statemachines.sequences import Happening, What
from statemachines.world import Channel, Session

DATA_CHARS: Final = 65_536
"""How much attached data an interaction may have, keys and values together."""

Claim = Callable[[Interaction], bool]
Say = Callable[[Change], None]

# Steps


def carry_out(
    session: Session,
    interaction: Interaction,
    call: PlatformCall[InteractionReport],
    fulfilled: Claim,
    *,
    say: Say | None = None,
) -> Asking[Outcome]:
    """Ask, take in the interaction as it stands then, and tell what changed.

    `say` adds to what is told, for what a command promises to tell even where nothing has changed.
    """
    report = yield from ask(call)
    check_interaction(report, interaction.channel.endpoint, interaction.key)
    return settle(session, interaction, report, type(call).__name__, fulfilled, say=say)


def settle(
    session: Session,
    interaction: Interaction,
    report: InteractionReport,
    asked: str,
    fulfilled: Claim,
    *,
    say: Say | None = None,
) -> Outcome:
    """Take in an answer. What it tells counts even where it is not what was asked for."""
    if problem := changes.problem(interaction.channel, report):
        raise platform_error(problem)
    change = changes.take_in(session, interaction.channel, report)
    if fulfilled(interaction):
        if say is not None:
            say(change)
        return Done(happenings=(changed(change),))
    if change.ended or change.completed:
        refusal = Refused(FailureCode.INVALID_STATE, f"interaction {interaction.id} has ended meanwhile")
    else:
        refusal = platform_error(f"after {asked} the interaction is {interaction.describe_state()}")
    return Stopped(refusal=refusal, happenings=(changed(change),) if change.tells else ())


def changed(change: Change) -> Happening:
    what = What.INTERACTION_ADDED if change.is_new else What.INTERACTION_CHANGED
    return Happening(what=what, subject=change.interaction, change=change)


def doubting_the_forgotten(interaction: Interaction, operation: Operation) -> Operation:
    """Go on with it; where the platform does not know the interaction any longer, note that it may be over.

    Its last report may be on the way, and says how it ended. The core ends what stays in doubt.
    """
    try:
        return (yield from operation)
    except Refused as refused:
        if refused.code is not FailureCode.INVALID_TARGET:
            raise
        interaction.doubted = True
        raise Refused(
            FailureCode.INVALID_STATE, f"the CTI platform knows interaction {interaction.id} no longer; it is over"
        ) from refused


def forget(session: Session, interaction: Interaction) -> Happening:
    """End an interaction that the platform has forgotten: nothing of it is left behind."""
    return changed(changes.forget(session, interaction))


def has_started(interaction: Interaction) -> bool:
    return interaction.state is InteractionState.STARTED


def is_over(interaction: Interaction) -> bool:
    return interaction.over


def is_completed(interaction: Interaction) -> bool:
    return interaction.disposed


# Every interaction


def dial(session: Session, channel: Channel, data: Dial) -> Operation:
    call = platform.Dial(endpoint=channel.endpoint, destination=data.destination, extensions=data.extensions)
    report = yield from ask(call)
    if report.endpoint != channel.endpoint:
        raise platform_error(f"asked to dial from {channel.endpoint}, it told of {report.endpoint}")
    refusal = platform_error(f"after Dial the interaction is {report.state}")
    if report.cause in _NOT_REACHED:
        code, why = _NOT_REACHED[report.cause]
        refusal = Refused(code, f"data.destination: {data.destination} {why}; try again later")
    if problem := changes.problem(channel, report):
        over = report.state is InteractionState.COMPLETED and report.problem() is None
        raise refusal if over else platform_error(problem)
    happening = changed(changes.take_in(session, channel, report))
    if report.state in (InteractionState.DIALING, InteractionState.STARTED):
        return Done(happenings=(happening,))
    return Stopped(refusal=refusal, happenings=(happening,))


_NOT_REACHED: Final = {
    EndCause.BUSY: (FailureCode.DESTINATION_BUSY, "is busy"),
    EndCause.NOANSWER: (FailureCode.NO_ANSWER, "does not answer"),
}


def accept(session: Session, it: Interaction, _: NoData) -> Operation:
    refuse_beside_another_call(it)
    call = platform.AcceptInteraction(endpoint=it.channel.endpoint, interaction=it.key)
    return (yield from carry_out(session, it, call, has_started))


def reject(session: Session, it: Interaction, data: Reject) -> Operation:
    reason = data.reason.code if data.reason else None
    call = platform.RejectInteraction(endpoint=it.channel.endpoint, interaction=it.key, reason=reason)
    return carry_out(session, it, call, is_over)


def release(session: Session, it: Interaction, _: NoData) -> Operation:
    call = platform.ReleaseInteraction(endpoint=it.channel.endpoint, interaction=it.key)
    return carry_out(session, it, call, is_over)


def complete(session: Session, it: Interaction, data: Complete) -> Operation:
    said = data.disposition
    disposition = Disposition(code=said.code, note=said.note) if said else None
    call = platform.CompleteInteraction(endpoint=it.channel.endpoint, interaction=it.key, disposition=disposition)
    return carry_out(session, it, call, is_completed)


def end_wrapup(session: Session, it: Interaction) -> Operation:
    """The time for wrap-up is over; where the platform does not complete it, the timer is set anew."""
    call = platform.CompleteInteraction(endpoint=it.channel.endpoint, interaction=it.key, timed_out=True)
    outcome: Outcome = Done()
    with contextlib.suppress(Refused):
        outcome = yield from doubting_the_forgotten(it, carry_out(session, it, call, is_completed))
    if not it.disposed:
        it.complete_at = None
    return outcome


def get_data(_: Session, it: Interaction, data: GetData) -> Operation:
    """What the session knows: the platform reports every change."""
    wanted = it.data if data.keys is None else {key: it.data[key] for key in data.keys if key in it.data}
    yield from ()
    return Done(data=InteractionData(interactiondata=wanted))


def set_data(session: Session, it: Interaction, data: SetData) -> Operation:
    wished: DataMap = {**it.data}
    for key, value in data.interactiondata.items():
        if value is None:
            wished.pop(key, None)
        else:
            wished[key] = value
    if (size := _chars(wished)) > DATA_CHARS:
        raise Refused(
            FailureCode.INVALID_REQUEST,
            f"data.interactiondata: the attached data would be {size} characters; {DATA_CHARS} is the most",
        )

    def is_set(interaction: Interaction) -> bool:
        return all(interaction.data.get(key) == value for key, value in data.interactiondata.items())

    def say(change: Change) -> None:
        change.data_told = True

    call = platform.ChangeData(endpoint=it.channel.endpoint, interaction=it.key, changes=data.interactiondata)
    return (yield from carry_out(session, it, call, is_set, say=say))


def _chars(data: DataMap) -> int:
    inner = (value if isinstance(value, dict) else {"": value} for value in data.values())
    return sum(map(len, data)) + sum(len(key) + len(text) for texts in inner for key, text in texts.items())


# Calls


def consult(session: Session, it: Interaction, data: Destination) -> Operation:
    refuse_beside_another_call(it)
    call = platform.StartConsult(endpoint=it.channel.endpoint, interaction=it.key, destination=data.destination)
    return (yield from carry_out(session, it, call, lambda interaction: interaction.consult is not None))


def alternate(session: Session, it: Interaction, _: NoData) -> Operation:
    held = [leg for leg in it.conversations.values() if leg.state is ConversationState.HELD]

    def has_alternated(_: Interaction) -> bool:
        return all(leg.state is ConversationState.CONNECTED for leg in held)

    call = platform.AlternateLegs(endpoint=it.channel.endpoint, interaction=it.key)
    return carry_out(session, it, call, has_alternated)


def refuse_beside_another_call(it: Interaction) -> None:
    """One leg of a channel talks at a time: the agent holds the other call first."""
    for each in it.channel.interactions.values():
        for leg in each.conversations.values():
            if each is not it and leg.state is ConversationState.CONNECTED:
                raise Refused(
                    FailureCode.INTERACTION_ACTIVE,
                    f"interaction {each.id} has the connected conversation {leg.id}; hold or release it first",
                )


def transfer_consult(session: Session, it: Interaction, _: NoData) -> Operation:
    call = platform.TransferConsult(endpoint=it.channel.endpoint, interaction=it.key)
    return carry_out(session, it, call, is_over)


def conference_consult(session: Session, it: Interaction, _: NoData) -> Operation:
    refuse_beside_another_call(it)
    call = platform.ConferenceConsult(endpoint=it.channel.endpoint, interaction=it.key)
    return (yield from carry_out(session, it, call, _has_one_leg))


def _has_one_leg(interaction: Interaction) -> bool:
    return has_started(interaction) and interaction.consult is None


def record(wanted: RecordingState) -> Callable[[Session, Interaction, NoData], Operation]:
    """What the command does that leads to this state."""

    def say(change: Change) -> None:
        change.state_told = True

    def is_so(interaction: Interaction) -> bool:
        """A call that ended meanwhile may be recorded as was wished; there is no state of it left to tell of."""
        return has_started(interaction) and interaction.recording is wanted

    def perform(session: Session, it: Interaction, _: NoData) -> Operation:
        call = platform.SetRecording(endpoint=it.channel.endpoint, interaction=it.key, recording=wanted)
        return carry_out(session, it, call, is_so, say=say)

    return perform
