"""What platforms can do. An adapter declares its own set; a command whose feature is missing is not offered."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.states import ChannelType


class Feature(enum.StrEnum):
    """What a platform can do beyond sessions; an adapter declares its own set."""

    TELEPHONY = "telephony"
    CHAT = "chat"
    EMAIL = "email"
    CALLBACK = "callback"
    CHANNELGROUPS = "channelgroups"
    DIRECTORY = "directory"
    NOTREADY_REASONS = "notreadyreasons"
    LOGOUT_REASONS = "logoutreasons"
    DISPOSITIONS = "dispositions"
    DIAL = "dial"
    REJECT = "reject"
    HOLD = "hold"
    CONSULT = "consult"
    BLIND_TRANSFER = "blindtransfer"
    CONFERENCE = "conference"
    DTMF = "dtmf"
    RECORDING = "recording"
    INTERACTION_DATA = "interactiondata"
    MEDIA_TRANSFER = "mediatransfer"


CHANNEL_FEATURES: Final[Mapping[ChannelType, Feature]] = MappingProxyType(
    {
        ChannelType.TELEPHONY: Feature.TELEPHONY,
        ChannelType.CHAT: Feature.CHAT,
        ChannelType.EMAIL: Feature.EMAIL,
        ChannelType.CALLBACK: Feature.CALLBACK,
    }
)
