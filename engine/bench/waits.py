"""Waiting times, kept as a HdrHistogram keeps them: three digits, from a microsecond to ten minutes, in little room."""

from typing import Any, Final, Self

import hdrh.histogram

MICROSECOND: Final = 1e-6
LONGEST_US: Final = 600_000_000
DIGITS: Final = 3

_Histogram: Final[Any] = hdrh.histogram.HdrHistogram  # which publishes no types


class Waits:
    """`text` is for another process."""

    def __init__(self, text: str | None = None) -> None:
        self._kept = _Histogram(1, LONGEST_US, DIGITS) if text is None else _Histogram.decode(text)

    @property
    def text(self) -> str:
        encoded: bytes = self._kept.encode()
        return encoded.decode("ascii")

    def note(self, seconds: float) -> None:
        self._kept.record_value(min(LONGEST_US, max(1, round(seconds / MICROSECOND))))

    def add(self, other: Self) -> None:
        self._kept.add(other._kept)

    def within_ms(self, percent: float) -> float:
        """So many percent waited no longer than so many milliseconds; 0 where nobody waited."""
        return float(self._kept.get_value_at_percentile(percent)) / 1000

    @property
    def number(self) -> int:
        """How many there are."""
        return int(self._kept.get_total_count())

    @property
    def most_ms(self) -> float:
        return float(self._kept.get_max_value()) / 1000
