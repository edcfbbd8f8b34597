"""Structured logs: one form for ours and the libraries', without secrets, and above debug without what people write.

A log line says of which session, agent and message it speaks, and what brought it about. Which events there are stands
in `log_events`. Source: specs/observation.md, "Logs".
"""

import logging
import sys
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

from engine.observe.tracebacks import print_without_words, without_words

LOG_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
SECRETS: Final = frozenset({"authorization", "key", "password", "resumetoken", "token"})
REDACTED: Final = "[redacted]"

Concern = Callable[[], Mapping[str, object]]

_CONCERN: Final[ContextVar[Concern | None]] = ContextVar("concern", default=None)
_ADAPTER: Final[ContextVar[str | None]] = ContextVar("adapter", default=None)


def concern(fields: Concern) -> None:
    """From now on this task speaks of what `fields` returns at that moment, and of nothing else.

    A task starts with a copy of what its starter spoke of, which may have been another session, or a connection.
    """
    structlog.contextvars.clear_contextvars()
    _CONCERN.set(fields)


class at_adapter:  # noqa: N801 - it stands in a with
    """What is logged meanwhile has the adapter's name. structlog's own way looks at every variable of the task."""

    __slots__ = ("_before", "_name")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._before = _ADAPTER.set(self._name)

    def __exit__(self, *_: object) -> None:
        _ADAPTER.reset(self._before)


def add_concern(_: object, __: str, event: EventDict) -> EventDict:
    """A structlog processor: what the task speaks of, beside what the line says itself."""
    if (adapter := _ADAPTER.get()) is not None:
        event = {"adapter": adapter, **event}
    fields = _CONCERN.get()
    return event if fields is None else {**fields(), **event}


def configure_logging(level: str, *, json: bool | None = None) -> None:
    """Send all logs, structlog's and the standard library's, to standard error in one form.

    JSON lines, or lines for people with `json` False; None chooses the latter on a terminal. Replaces what was
    configured before. Raises ValueError when `level` is none of LOG_LEVELS.
    """
    if level.lower() not in LOG_LEVELS:
        raise ValueError(f"there is no log level {level!r}; choose one of {', '.join(LOG_LEVELS)}")
    number = logging.getLevelNamesMapping()[level.upper()]
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_concern,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*common, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                *_renderers(json=not sys.stderr.isatty() if json is None else json, words=number <= logging.DEBUG),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    # Tells of every state that any object enters or leaves, at level info.
    logging.getLogger("transitions").setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
    )


def _renderers(*, json: bool, words: bool) -> tuple[Processor, ...]:
    # Tracebacks without local variables, which both libraries would show by default: they hold passwords.
    if json:
        shown = structlog.processors.format_exc_info if words else structlog.processors.ExceptionRenderer(without_words)
        return shown, structlog.processors.JSONRenderer()
    printed = structlog.dev.plain_traceback if words else print_without_words
    return (structlog.dev.ConsoleRenderer(colors=True, exception_formatter=printed),)


def redact(_: object, __: str, event: EventDict) -> EventDict:
    """A structlog processor: no value under a secret's name gets out, however deep in dicts and lists it is."""
    return {key: redacted(key, value, SECRETS) for key, value in event.items()}


def redacted(key: object, value: Any, secrets: Collection[str]) -> Any:
    """The value of this key, None for none, without what stands under the name of a secret."""
    if isinstance(key, str) and key.lower() in secrets:
        return REDACTED
    match value:
        case Mapping():
            return {inner: redacted(inner, each, secrets) for inner, each in value.items()}
        case list() | tuple():
            return [redacted(None, each, secrets) for each in value]
        case _:
            return value
