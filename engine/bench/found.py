"""What came of a load, slice by slice of its window: counts, processor time, memory and waits."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final, Self

import attrs

from engine.bench.waits import Waits

PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)
CURVE: Final = (*range(0, 95, 5), 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99)
"""The percentiles of a picture."""


@attrs.define(kw_only=True)
class Slice:
    """A part of the window. `cpu_s` and `memory_bytes` are the server's, 0 where nobody looked.

    `memory_bytes` is what it held at the end of the slice.
    """

    seconds: float = 0.0
    commands: int = 0
    messages: int = 0
    """Requests, responses and events."""
    cpu_s: float = 0.0
    memory_bytes: int = 0
    waits: Waits = attrs.field(factory=Waits)

    def add(self, other: Self) -> None:
        """What another process found in the same seconds."""
        self.seconds = max(self.seconds, other.seconds)
        self._count(other)

    def follow(self, other: Self) -> None:
        """What was found in the seconds behind these."""
        self.seconds += other.seconds
        self._count(other)

    def _count(self, other: Self) -> None:
        self.commands += other.commands
        self.messages += other.messages
        self.cpu_s += other.cpu_s
        self.memory_bytes = max(self.memory_bytes, other.memory_bytes)
        self.waits.add(other.waits)

    def curve(self) -> list[tuple[float, float]]:
        """Percentiles, and within how many milliseconds they are."""
        return [(float(percent), self.waits.within_ms(percent)) for percent in CURVE]

    def figures(self) -> dict[str, float]:
        """For people and programs: rates by the second, waits in milliseconds."""
        seconds = self.seconds or 1.0
        found = {
            "commands_per_s": self.commands / seconds,
            "messages_per_s": self.messages / seconds,
            **{f"p{percent:g}_ms": self.waits.within_ms(percent) for percent in PERCENTILES},
            "most_ms": self.waits.most_ms,
        }
        if self.memory_bytes:
            found["cpu_ms_per_1000"] = self.cpu_s * 1e6 / max(1, self.messages)
            found["cpu_percent"] = 100 * self.cpu_s / seconds
            found["memory_mb"] = self.memory_bytes / 1e6
        return found


@attrs.define
class Found:
    """What came of a window, slice by slice."""

    slices: list[Slice] = attrs.field(factory=list)

    @property
    def whole(self) -> Slice:
        made = Slice()
        for each in self.slices:
            made.follow(each)
        return made

    def series(self) -> list[dict[str, float]]:
        """The figures of each slice, with the seconds of the window in which it ended."""
        ends, found = 0.0, []
        for each in self.slices:
            ends += each.seconds
            found.append({"at_s": ends} | each.figures())
        return found

    def quarters(self) -> tuple[dict[str, float], dict[str, float]]:
        """Medians of the first and of the last quarter of the slices: whoever is flat has the same in both."""
        number = max(1, len(self.slices) // 4)
        return medians(self.slices[:number]), medians(self.slices[-number:])

    def add(self, other: Self) -> None:
        """What another process found in the same window."""
        if not self.slices:
            self.slices = other.slices
            return
        for mine, theirs in zip(self.slices, other.slices, strict=False):
            mine.add(theirs)

    def to_json(self) -> list[dict[str, Any]]:
        """For another process."""
        return [
            {**attrs.asdict(each, filter=lambda field, _: field.name != "waits"), "waits": each.waits.text}
            for each in self.slices
        ]

    @classmethod
    def from_json(cls, given: Sequence[Mapping[str, Any]]) -> Self:
        return cls([Slice(**{**each, "waits": Waits(each["waits"])}) for each in given])


def medians(slices: Sequence[Slice]) -> dict[str, float]:
    """Figures of several: one in which the machine was disturbed does not count for more than others."""
    each = [one.figures() for one in slices]
    return {key: median(figures[key] for figures in each) for key in each[0]}
