"""What each command does: one table from command to action.

`resolve` turns the ids in a command's data into objects, and refuses with INVALID_TARGET; `needs` names a feature
that depends on the data. Both are looked at before the capability, `perform` after it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.platform import Feature
from protocol.states import RecordingState
from statemachines.actions import channel, channelgroup, conversation, interaction, media, session
from statemachines.contact import Conversation, Interaction
from statemachines.operation import Operation
from statemachines.world import Session


def _as_it_is(_: Any, __: Any, data: Any) -> Any:
    return data


def _nothing(_: Any) -> None:
    return None


@attrs.frozen
class Action:
    """`perform(session, subject, argument)`, where the argument is what `resolve` made of the data."""

    perform: Callable[[Any, Any, Any], Operation]
    resolve: Callable[[Any, Any, Any], Any] = _as_it_is
    needs: Callable[[Any], Feature | None] = _nothing


def _about(perform: Callable[[Session, Interaction, Any], Operation]) -> Action:
    """An action on an interaction, which the platform may have forgotten."""
    return Action(lambda session, it, data: interaction.doubting_the_forgotten(it, perform(session, it, data)))


def _about_leg(perform: Callable[[Session, Conversation, Any], Operation]) -> Action:
    """An action on one leg of an interaction, which the platform may have forgotten."""
    return Action(
        lambda session, leg, data: interaction.doubting_the_forgotten(leg.interaction, perform(session, leg, data))
    )


ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "session.start": Action(session.start),
        "session.logout": Action(session.logout),
        "session.addchannel": Action(session.add_channel, needs=session.feature_of_channel),
        "session.removechannel": Action(session.remove_channel, session.standalone_channel),
        "session.addchannelgroup": Action(session.add_group),
        "session.removechannelgroup": Action(session.remove_group, session.named_group),
        "session.request.getdirectory": Action(session.get_directory),
        "session.request.externalnotreadyreasons": Action(session.list_notready_reasons),
        "session.request.externallogoutreasons": Action(session.list_logout_reasons),
        "channelgroup.activate": Action(channelgroup.activate, channelgroup.member),
        "channelgroup.deactivate": Action(channelgroup.deactivate, channelgroup.member),
        "channelgroup.activateall": Action(channelgroup.activate_all),
        "channelgroup.deactivateall": Action(channelgroup.deactivate_all),
        "channelgroup.ready": Action(channelgroup.ready),
        "channelgroup.notready": Action(channelgroup.notready),
        "channel.activate": Action(channel.activate),
        "channel.deactivate": Action(channel.deactivate),
        "channel.ready": Action(channel.ready),
        "channel.notready": Action(channel.notready),
        "channel.dial": Action(interaction.dial),
        "channel.externaldispositions": Action(channel.list_dispositions),
        "interaction.accept": _about(interaction.accept),
        "interaction.reject": _about(interaction.reject),
        "interaction.release": _about(interaction.release),
        "interaction.complete": _about(interaction.complete),
        "interaction.getdata": _about(interaction.get_data),
        "interaction.setdata": _about(interaction.set_data),
        "interaction.consult": _about(interaction.consult),
        "interaction.alternate": _about(interaction.alternate),
        "interaction.consulttransfer": _about(interaction.transfer_consult),
        "interaction.consultconference": _about(interaction.conference_consult),
        "interaction.recording.start": _about(interaction.record(RecordingState.RECORDING)),
        "interaction.recording.stop": _about(interaction.record(RecordingState.STOPPED)),
        "interaction.recording.pause": _about(interaction.record(RecordingState.PAUSED)),
        "interaction.recording.resume": _about(interaction.record(RecordingState.RECORDING)),
        "interaction.transfer": _about(media.transfer),
        "interaction.message.send": _about(media.send_message),
        "interaction.typing.start": _about(media.start_typing),
        "interaction.typing.stop": _about(media.stop_typing),
        "interaction.file.send": _about(media.send_file),
        "interaction.url.push": _about(media.push_url),
        "interaction.form.show": _about(media.show_form),
        "interaction.screenshot.request": _about(media.request_screenshot),
        "interaction.signal.send": _about(media.send_signal),
        "interaction.reply": _about(media.reply),
        "conversation.answer": _about_leg(conversation.answer),
        "conversation.hold": _about_leg(conversation.hold),
        "conversation.retrieve": _about_leg(conversation.retrieve),
        "conversation.release": _about_leg(conversation.release),
        "conversation.blindtransfer": _about_leg(conversation.blind_transfer),
        "conversation.blindconference": _about_leg(conversation.blind_conference),
        "conversation.senddtmf": _about_leg(conversation.send_dtmf),
    }
)
