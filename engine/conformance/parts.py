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
        "resume": ("LOSS-1",),
    }
)
"""Each with commands or rules that show it: what asks them or is about them is neither *not there* nor not run."""

NOT_TRIED: Final = "not tried"
"""What is said of a part that nothing was played about, or nothing that says more."""


@attrs.frozen
class Part:
    name: str
    says: str


def parts_of(results: Iterable[Result]) -> tuple[Part, ...]:
    """Those that were found, those that the server says it has not, and those of which nothing is known."""
    everything = list(results)
    return tuple(Part(name, _says(signs, everything)) for name, signs in PARTS.items())


def _says(signs: Sequence[str], results: Sequence[Result]) -> str:
    about = [result for result in results if _shows(result, signs)]
    if any(result.status in (Status.PASSED, Status.FAILED) for result in about):
        return "found"
    if any(result.status is Status.NOT_THERE for result in about):
        return "not there"
    return NOT_TRIED


def _shows(result: Result, signs: Sequence[str]) -> bool:
    steps = steps_of(result.scenario)
    asks = [step for step in steps if isinstance(step, Ask) and step.answer != "UNSUPPORTED"]
    return result.scenario.rules[0] in signs or any(step.ask in signs for step in asks)
