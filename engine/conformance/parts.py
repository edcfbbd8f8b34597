"""The optional parts of a server, and which of them were found while the scenarios were played."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs

from engine.conformance.runner import Result, Status
from engine.conformance.scenario import Ask, steps_of

PARTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "telephony": ("conversation.answer", "channel.dial"),
        "hold": ("conversation.hold",),
        "consult": ("interaction.consult",),
        "conference": ("interaction.consultconference", "conversation.blindconference"),
        "recording": ("interaction.recording.start",),
        "media": ("interaction.message.send", "interaction.reply"),
        "groups": ("session.addchannelgroup",),
        "directory": ("session.request.getdirectory",),
        "reasons": ("session.request.externalnotreadyreasons",),
        "dispositions": ("channel.externaldispositions",),
    }
)
"""Each with commands that show it: a server that has it does them."""


@attrs.frozen
class Part:
    name: str
    says: str


def parts_of(results: Iterable[Result]) -> tuple[Part, ...]:
    """Those that were found, those that the server says it has not, and those of which nothing is known."""
    everything = list(results)
    return tuple(Part(name, _says(commands, everything)) for name, commands in PARTS.items())


def _says(commands: Sequence[str], results: Sequence[Result]) -> str:
    about = [result for result in results if _asks(result, commands)]
    if any(result.status in (Status.PASSED, Status.FAILED) for result in about):
        return "found"
    if any(result.status is Status.NOT_THERE for result in about):
        return "not there"
    return "not tried"


def _asks(result: Result, commands: Sequence[str]) -> bool:
    return any(
        isinstance(step, Ask) and step.ask in commands and step.answer != "UNSUPPORTED"
        for step in steps_of(result.scenario)
    )
