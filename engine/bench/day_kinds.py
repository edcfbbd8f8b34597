"""What comes on a day."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.platform import CHANNEL_FEATURES
from protocol.states import ChannelType

MIXED: Final = "mixed"
KINDS: Final[Mapping[str, frozenset[ChannelType]]] = MappingProxyType(
    {
        MIXED: frozenset(CHANNEL_FEATURES),
        "calls": frozenset({ChannelType.TELEPHONY}),
        "chats": frozenset({ChannelType.CHAT}),
    }
)
