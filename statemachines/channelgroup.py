"""The life of a channel group. Source: specs/protocol.md, "States"."""

from typing import Final

from protocol.states import ChannelGroupState
from statemachines.table import Row, build

_S = ChannelGroupState

CHANNELGROUP: Final = build(
    "channelgroup",
    _S.INITIALIZING,
    (
        Row("initialized", _S.INITIALIZING, _S.INITIALIZED),
        Row("dispose", _S.INITIALIZED, _S.DISPOSED),
    ),
    final=(_S.DISPOSED,),
)
