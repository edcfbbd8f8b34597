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

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="a whole number from 0 to 9007199254740991")]


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
