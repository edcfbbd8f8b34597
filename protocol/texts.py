"""Field types with bounds, each with the words that an error message uses for it."""

from typing import Annotated, Final

import msgspec

from protocol.ids import END, ID_PATTERN
from protocol.states import ChannelType

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128, description="text of 1 to 128 characters")]
"""A name, number or code that belongs to the platform: endpoint, group, agent, reason code."""

Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=1024, description="text of 1 to 1024 characters")]

RequestId = Name
"""The client's own text for a request; a repeated one is answered from the record."""

ObjectId = Annotated[
    str,
    msgspec.Meta(pattern=f"^{ID_PATTERN}{END}", max_length=128, description="an id of letters, digits, _ and -"),
]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=32_768, description="text of 1 to 32768 characters")]
"""What people write to each other."""

Note = Annotated[str, msgspec.Meta(max_length=4_096, description="text of at most 4096 characters")]

Url = Annotated[
    str,
    msgspec.Meta(pattern=rf"^https?://[^\s]+{END}", max_length=2_048, description="an http or https URL"),
]

Digits = Annotated[
    str,
    msgspec.Meta(pattern=rf"^[0-9*#A-D]{{1,32}}{END}", description="1 to 32 of the digits 0-9 * # A-D"),
]

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="a whole number from 0 to 9007199254740991")]


DataKey = Name

DataMap = dict[DataKey, str | dict[str, str]]
"""Attached data of an interaction: text, or one level of a map of texts, by key."""

DataChanges = dict[DataKey, str | dict[str, str] | None]
"""Attached data to set, by key; null removes."""


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)


CHANNEL_TYPE_WORDS: Final = tuple(kind.value.capitalize() for kind in ChannelType)

ChannelTypeWord = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^(?:{'|'.join(_any_case(word) for word in CHANNEL_TYPE_WORDS)}){END}",
        description=f"one of {', '.join(CHANNEL_TYPE_WORDS)} (in any case)",
        examples=list(CHANNEL_TYPE_WORDS),
    ),
]
"""A channel type as requests spell it; `ChannelType(word.upper())` is its value."""
