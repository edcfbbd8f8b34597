"""What each command does: one table from command to action.

`resolve` turns the ids in a command's data into objects, and refuses with INVALID_TARGET; `needs` names a feature
that depends on the data. Both are looked at before the capability, `perform` after it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.platform import Feature
from statemachines.actions import channel, channelgroup, session
from statemachines.operation import Operation


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
        "channel.externaldispositions": Action(channel.list_dispositions),
    }
)
