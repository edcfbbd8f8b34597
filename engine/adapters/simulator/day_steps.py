"""What each act of a plan is as calls on the platform, given the interaction as it stands."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.adapters.simulator.day_plan import Act
from protocol.platform import (
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ChangeData,
    ConferenceConsult,
    HoldLeg,
    InteractionCall,
    InteractionReport,
    LegReport,
    ReleaseInteraction,
    ReleaseLeg,
    ReplyEmail,
    RetrieveLeg,
    SendDigits,
    SendMessage,
    SetRecording,
    SetTyping,
    StartConsult,
    TransferConsult,
    TransferInteraction,
)
from protocol.states import ConversationState, ConversationType, RecordingState

NOTE: Final = "note"
"""The key of the attached data that NOTE sets."""

Calls = tuple[InteractionCall[Any], ...]


def calls_for(act: Act, what: str, report: InteractionReport) -> Calls:
    """The calls that do this, one after the other; none where there is nothing to do it to."""
    return _CALLS[act](report, what)


def _about(call: type[InteractionCall[Any]], report: InteractionReport, **more: Any) -> Calls:
    return (call(endpoint=report.endpoint, interaction=report.id, **more),)


def _leg(report: InteractionReport, *, state: ConversationState) -> LegReport | None:
    return next((leg for leg in report.legs if leg.state is state), None)


def _at_leg(call: type[InteractionCall[Any]], report: InteractionReport, leg: LegReport | None, **more: Any) -> Calls:
    return () if leg is None else _about(call, report, leg=leg.id, **more)


def _plain(call: type[InteractionCall[Any]], **fixed: Any) -> Callable[[InteractionReport, str], Calls]:
    """A call that says nothing of `what`."""
    return lambda report, _: _about(call, report, **fixed)


def _saying(call: type[InteractionCall[Any]], name: str) -> Callable[[InteractionReport, str], Calls]:
    """A call that has `what` as the property `name`."""
    return lambda report, what: _about(call, report, **{name: what})


def _retrieve(report: InteractionReport, _: str) -> Calls:
    return () if report.connected else _at_leg(RetrieveLeg, report, _leg(report, state=ConversationState.HELD))


def _end_consult(report: InteractionReport, _: str) -> Calls:
    consult = next((leg for leg in report.legs if leg.type is ConversationType.CONSULT), None)
    return _at_leg(ReleaseLeg, report, consult)


def _release(report: InteractionReport, _: str) -> Calls:
    """A consult before the primary, or it would become one."""
    if not report.legs:
        return _about(ReleaseInteraction, report)
    return tuple(call for leg in reversed(report.legs) for call in _at_leg(ReleaseLeg, report, leg))


def _primary(report: InteractionReport) -> LegReport | None:
    return next(iter(report.legs), None)


def _connected(report: InteractionReport) -> LegReport | None:
    return _leg(report, state=ConversationState.CONNECTED)


_CALLS: Final[Mapping[Act, Callable[[InteractionReport, str], Calls]]] = MappingProxyType(
    {
        Act.HOLD: lambda report, _: _at_leg(HoldLeg, report, _connected(report)),
        Act.RETRIEVE: _retrieve,
        Act.RECORD: _plain(SetRecording, recording=RecordingState.RECORDING),
        Act.PAUSE_RECORDING: _plain(SetRecording, recording=RecordingState.PAUSED),
        Act.STOP_RECORDING: _plain(SetRecording, recording=RecordingState.STOPPED),
        Act.DIGITS: lambda report, what: _at_leg(SendDigits, report, _connected(report), digits=what),
        Act.NOTE: lambda report, what: _about(ChangeData, report, changes={NOTE: what}),
        Act.CONSULT: _saying(StartConsult, "destination"),
        Act.ALTERNATE: _plain(AlternateLegs),
        Act.TRANSFER: _plain(TransferConsult),
        Act.CONFERENCE: _plain(ConferenceConsult),
        Act.END_CONSULT: _end_consult,
        Act.BLIND_TRANSFER: lambda report, what: _at_leg(BlindTransfer, report, _primary(report), destination=what),
        Act.BLIND_CONFERENCE: lambda report, what: _at_leg(
            BlindConference, report, _connected(report), destination=what
        ),
        Act.TYPE: _plain(SetTyping, typing=True),
        Act.SAY: _saying(SendMessage, "text"),
        Act.REPLY: _saying(ReplyEmail, "text"),
        Act.HAND_ON: _saying(TransferInteraction, "queue"),
        Act.RELEASE: _release,
    }
)
