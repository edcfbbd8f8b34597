"""Every call with its answer. The core checks each answer against its row before it believes it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import attrs

from protocol.platform import calls, contact_calls
from protocol.platform.call import PlatformCall
from protocol.platform.channels import DirectoryEntry, GroupReport, ReasonCode, Snapshot
from protocol.platform.contacts import InteractionReport, MessagePosted, Replied
from protocol.platform.report import ChannelReport

R = TypeVar("R")

_NOTHING: Final = type(None)


@attrs.frozen
class CallRow:
    """What one call answers, in a form that can be checked: the item type, and whether it is a list of it."""

    call: type[PlatformCall[Any]]
    answer: type[object]
    listed: bool = False


_ROWS: Final = (
    CallRow(calls.StartAgent, Snapshot),
    CallRow(calls.LogoutAgent, _NOTHING),
    CallRow(calls.AddChannel, ChannelReport),
    CallRow(calls.RemoveChannel, _NOTHING),
    CallRow(calls.AddGroup, GroupReport),
    CallRow(calls.RemoveGroup, _NOTHING),
    CallRow(calls.ActivateChannel, ChannelReport),
    CallRow(calls.DeactivateChannel, ChannelReport),
    CallRow(calls.SetAgentState, ChannelReport),
    CallRow(calls.ListDirectory, DirectoryEntry, listed=True),
    CallRow(calls.ListNotReadyReasons, ReasonCode, listed=True),
    CallRow(calls.ListLogoutReasons, ReasonCode, listed=True),
    CallRow(calls.ListDispositions, ReasonCode, listed=True),
    CallRow(contact_calls.Dial, InteractionReport),
    CallRow(contact_calls.AcceptInteraction, InteractionReport),
    CallRow(contact_calls.RejectInteraction, InteractionReport),
    CallRow(contact_calls.ReleaseInteraction, InteractionReport),
    CallRow(contact_calls.CompleteInteraction, InteractionReport),
    CallRow(contact_calls.ChangeData, InteractionReport),
    CallRow(contact_calls.SetRecording, InteractionReport),
    CallRow(contact_calls.StartConsult, InteractionReport),
    CallRow(contact_calls.AlternateLegs, InteractionReport),
    CallRow(contact_calls.TransferConsult, InteractionReport),
    CallRow(contact_calls.ConferenceConsult, InteractionReport),
    CallRow(contact_calls.HoldLeg, InteractionReport),
    CallRow(contact_calls.RetrieveLeg, InteractionReport),
    CallRow(contact_calls.ReleaseLeg, InteractionReport),
    CallRow(contact_calls.BlindTransfer, InteractionReport),
    CallRow(contact_calls.BlindConference, InteractionReport),
    CallRow(contact_calls.SendDigits, _NOTHING),
    CallRow(contact_calls.TransferInteraction, InteractionReport),
    CallRow(contact_calls.SendMessage, MessagePosted),
    CallRow(contact_calls.SetTyping, _NOTHING),
    CallRow(contact_calls.SendFile, _NOTHING),
    CallRow(contact_calls.PushUrl, _NOTHING),
    CallRow(contact_calls.ShowForm, _NOTHING),
    CallRow(contact_calls.RequestScreenshot, _NOTHING),
    CallRow(contact_calls.SendSignal, _NOTHING),
    CallRow(contact_calls.ReplyEmail, Replied),
)

CALLS: Final[Mapping[type[PlatformCall[Any]], CallRow]] = MappingProxyType({row.call: row for row in _ROWS})


def answers(call: PlatformCall[R], answer: object) -> bool:
    """Is `answer` of the type that the row of `call` promises?"""
    row = CALLS[type(call)]
    if row.listed:
        return isinstance(answer, tuple) and all(isinstance(item, row.answer) for item in answer)
    return isinstance(answer, row.answer)
