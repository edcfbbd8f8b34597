"""Tracebacks without the words of their exceptions: those often quote the value that was wrong, which may be what a
customer wrote. They show where it went wrong and what kind of exception it was; at level debug the words come too.
"""

import traceback
from collections.abc import Iterator
from itertools import islice
from types import FrameType, TracebackType
from typing import Final, TextIO

from structlog.typing import ExcInfo

CHAINED_AT_MOST: Final = 16
"""Exceptions shown of one chain, and of one group."""
_INDENT: Final = "  "


def in_short(error: BaseException) -> str:
    """The kind of an exception; with its words where it is the operating system's, which speaks of hosts and files."""
    name = type(error).__qualname__
    return f"{name}: {error}" if isinstance(error, OSError) else name


def place_of(error: BaseException, package: str = "") -> str:
    """File, line and function where it was raised: of the innermost code of the package, or of whatever ran."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [(frame, line) for frame, line in frames if _package(frame) == package]
    for frame, line in reversed(own or frames):
        return f"{frame.f_code.co_filename}:{line}, in {frame.f_code.co_name}"
    return "nowhere"


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def without_words(exc_info: ExcInfo) -> str:
    return "\n".join(islice(_lines(exc_info[1], exc_info[2]), 1000))


def print_without_words(sio: TextIO, exc_info: ExcInfo) -> None:
    """As a terminal is shown it."""
    sio.write("\n" + without_words(exc_info))


def _lines(error: BaseException, trace: TracebackType | None) -> Iterator[str]:
    """The chain from the first cause on, each with its frames; the parts of a group are indented."""
    for number, each in enumerate(reversed(_chain(error))):
        if number:
            yield "which led to:"
        yield "Traceback (most recent call last):"
        for frame in traceback.format_tb(trace if each is error else each.__traceback__):
            yield from frame.splitlines()
        yield in_short(each)
        if isinstance(each, BaseExceptionGroup):
            for part in each.exceptions[:CHAINED_AT_MOST]:
                yield from (_INDENT + line for line in _lines(part, part.__traceback__))


def _chain(error: BaseException) -> list[BaseException]:
    """The exception, and what it was raised from, latest first."""
    found = [error]
    while len(found) < CHAINED_AT_MOST:
        last = found[-1]
        before = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if before is None or before in found:
            break
        found.append(before)
    return found
