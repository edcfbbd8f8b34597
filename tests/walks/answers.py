"""What a sound platform answers: mostly what was asked for, sometimes what else may have happened meanwhile."""

from typing import Any

import attrs

from protocol import platform
from protocol.platform import (
    DirectoryEntry,
    Disposition,
    InteractionCall,
    InteractionReport,
    LegCall,
    PlatformCall,
    ReasonCode,
    Replied,
    Snapshot,
)
from protocol.states import AgentState, ChannelType, EndCause, LoginState
from protocol.states import ConversationState as Leg
from protocol.states import InteractionState as It
from tests.strategies import Dice
from tests.walks import reports
from tests.walks.places import (
    ENDPOINTS,
    GROUP_NAMES,
    channel_report,
    group_report,
    some_channels,
)

FRONT_DESK = DirectoryEntry(name="Front desk", number="9", type="internal")
CODES = (ReasonCode(code="1", name="Lunch"), ReasonCode(code="2", name="Meeting"))

ENDS = {
    platform.RejectInteraction: EndCause.REJECTED,
    platform.ReleaseInteraction: EndCause.RELEASED,
    platform.TransferConsult: EndCause.TRANSFERRED,
    platform.BlindTransfer: EndCause.TRANSFERRED,
    platform.TransferInteraction: EndCause.TRANSFERRED,
}
"""The calls after which an interaction is over, and why it is."""


def good_answer(dice: Dice, call: PlatformCall[Any], used: frozenset[str]) -> Any:
    """About anything but an interaction that is there; `used` are the endpoints that the session has."""
    match call:
        case platform.StartAgent():
            return snapshot(dice)
        case platform.AddGroup(name=name):
            return group_report(dice, name, used)
        case platform.AddChannel(endpoint=endpoint, type=kind):
            return channel_report(dice, endpoint, kind)
        case platform.ActivateChannel(endpoint=endpoint):
            return channel_report(dice, endpoint, loginstate=LoginState.ACTIVE)
        case platform.DeactivateChannel(endpoint=endpoint):
            return channel_report(dice, endpoint, loginstate=LoginState.INACTIVE)
        case platform.SetAgentState(endpoint=endpoint, agentstate=wanted, reason=reason):
            now = dice.pick((wanted, wanted, AgentState.WORK))
            return attrs.evolve(
                channel_report(dice, endpoint, ChannelType.TELEPHONY, LoginState.ACTIVE),
                agentstate=now,
                reason=reason if now is AgentState.NOTREADY else None,
                pendingagentstate=None if now is wanted else wanted,
            )
        case platform.ListDirectory():
            return dice.pick(((), (FRONT_DESK,), (FRONT_DESK, FRONT_DESK)))
        case platform.ListNotReadyReasons() | platform.ListLogoutReasons() | platform.ListDispositions():
            return tuple(dice.some(CODES))
        case platform.Dial(endpoint=endpoint):
            return dialled(dice, endpoint)
        case _:
            return None


def snapshot(dice: Dice) -> Snapshot:
    groups = tuple(group_report(dice, name) for name in dice.some(GROUP_NAMES)[:2])
    channels = some_channels(dice, ENDPOINTS[:4])
    there = []
    for channel in (*channels, *(each for group in groups for each in group.channels)):
        if dice.one_in(3):
            report = reports.beginning(dice, channel.endpoint, channel.type, f"i{dice.fresh()}", talks=False)
            there.append(reports.with_channel(dice, report))
    return Snapshot(
        agent_name=dice.pick(("Ann Example", "")), groups=groups, channels=channels, interactions=tuple(there)
    )


def dialled(dice: Dice, endpoint: str) -> InteractionReport:
    """It rings at the far end, most of the time."""
    report = reports.beginning(dice, endpoint, ChannelType.TELEPHONY, f"i{dice.fresh()}", talks=False)
    if not dice.one_in(6):
        legs = (reports.leg(dice, report.id, Leg.DIALING),)
        report = attrs.evolve(report, state=It.DIALING, cause=None, wrapup_s=None, disposition=None, legs=legs)
    elif dice.one_in(2):
        report = attrs.evolve(report, state=It.COMPLETED, cause=dice.pick(tuple(EndCause)), wrapup_s=None, legs=())
    return reports.with_channel(dice, report)


# About an interaction that is there


def good_answer_about(dice: Dice, call: InteractionCall[Any], report: InteractionReport, *, talks: bool) -> Any:
    """`report` is the platform's last word about the interaction; `talks`: another leg at the channel is connected."""
    match call:
        case platform.SendMessage(text=text):
            return reports.message(report, f"n{dice.fresh()}", text)
        case platform.ReplyEmail(text=text):
            message = reports.message(report, f"n{dice.fresh()}", text)
            over = reports.evolve(report, **reports.ending(dice, It.COMPLETED, EndCause.RELEASED))
            return Replied(message=message, interaction=_as_it_stands(dice, over, report, talks=talks))
        case platform.SendDigits():
            return None
        case _ if platform.CALLS[type(call)].answer is not InteractionReport:
            return None
        case _:
            return _as_it_stands(dice, obliging(dice, call, report, talks=talks), report, talks=talks)


def _as_it_stands(
    dice: Dice, wanted: InteractionReport, before: InteractionReport, *, talks: bool
) -> InteractionReport:
    """What was asked for; every now and then with more that has happened, or without it."""
    if dice.one_in(12):
        wanted = dice.pick((before, reports.going_on(dice, before, talks=talks)))
    elif wanted.state is not It.COMPLETED and dice.one_in(6):
        wanted = reports.going_on(dice, wanted, talks=talks)
    return reports.with_channel(dice, wanted)


def obliging(dice: Dice, call: InteractionCall[Any], report: InteractionReport, *, talks: bool) -> InteractionReport:
    """The interaction, with what was asked for done."""
    if type(call) in ENDS:
        state = dice.pick((It.COMPLETED, It.ENDED))
        return reports.evolve(report, **reports.ending(dice, state, ENDS[type(call)]))
    if isinstance(call, LegCall):
        return _with_leg(dice, call, report)
    match call:
        case platform.AcceptInteraction():
            return (reports.answered_and_held if talks and report.legs else reports.answered)(dice, report)
        case platform.CompleteInteraction(disposition=said):
            said = said or dice.pick((None, Disposition(code="0")))
            return reports.evolve(report, state=It.COMPLETED, wrapup_s=None, disposition=said)
        case platform.ChangeData(changes=changes):
            data = {**report.data, **changes}
            return reports.evolve(report, data={key: value for key, value in data.items() if value is not None})
        case platform.SetRecording(recording=wanted):
            return reports.evolve(report, recording=wanted)
        case platform.StartConsult():
            report = reports.consults(dice, report)
            return reports.consult_answers_held(dice, report) if dice.one_in(4) else report
        case platform.AlternateLegs():
            return reports.alternates(dice, report)
        case platform.ConferenceConsult():
            return reports.joins(dice, report)
        case _:
            raise AssertionError(f"nobody has said what a platform does on {call}")


def _with_leg(dice: Dice, call: LegCall[Any], report: InteractionReport) -> InteractionReport:
    """One leg held, retrieved, let go of, or with somebody more in it."""
    others = tuple(each for each in report.legs if each.id != call.leg)
    match call:
        case platform.ReleaseLeg() if not others:
            over = reports.ending(dice, dice.pick((It.COMPLETED, It.ENDED)), EndCause.RELEASED)
            return reports.evolve(report, **over)
        case platform.ReleaseLeg():
            return reports.evolve(report, attrs.evolve(others[0], type=reports.PRIMARY))
        case platform.BlindConference():
            return reports.member_comes(dice, report)
        case _:
            state = Leg.HELD if isinstance(call, platform.HoldLeg) else Leg.CONNECTED
            legs = (attrs.evolve(each, state=state) if each.id == call.leg else each for each in report.legs)
            return reports.evolve(report, *legs)
