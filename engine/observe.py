"""What operators see: structured logs and Prometheus metrics."""

import logging
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Generic, Literal, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from structlog.typing import EventDict, Processor

from protocol.commands import COMMANDS
from protocol.errors import FailureCode
from protocol.events import EVENTS
from protocol.platform import CALLS

# Logs

LOG_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
SECRETS: Final = frozenset({"authorization", "key", "password", "resumetoken", "token"})
REDACTED: Final = "[redacted]"


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
                *_renderers(json=not sys.stderr.isatty() if json is None else json),
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


def _renderers(*, json: bool) -> tuple[Processor, ...]:
    # Tracebacks without local variables, which both libraries would show by default: they hold passwords.
    if json:
        return structlog.processors.format_exc_info, structlog.processors.JSONRenderer()
    return (structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback),)


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


# Metrics

SUCCESS: Final = "success"
UNKNOWN: Final = "unknown"
RESULTS: Final = frozenset({SUCCESS, "confirm", "repeated", "cancelled", *FailureCode})
CALL_NAMES: Final = frozenset(call.__name__ for call in CALLS)
SECONDS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper bounds of the buckets: from what a command without a platform takes to the deadline of a platform's call."""

M = TypeVar("M", Counter, Histogram)


class _Children(dict[tuple[str, ...], M], Generic[M]):
    """The children of one metric by their labels' values; the library's own look-up takes a lock and is slower."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self._metric: M = metric

    def __missing__(self, labels: tuple[str, ...]) -> M:
        child = self[labels] = self._metric.labels(*labels)
        return child


class Metrics:
    """All metrics of one processor, in a registry of its own.

    Labels take few values only: what is in none of the protocol's tables counts as "unknown".
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        gauge = self._gauge
        self._sessions = gauge("ixp_sessions", "Sessions that exist.")
        self._connections = gauge("ixp_connections", "Connections of agent desktops.")
        self._inbox = gauge("ixp_inbox_depth", "Requests that wait for their turn, over all sessions.")
        self._outbox = gauge("ixp_outbox_messages", "Messages that wait for their socket, over all connections.")
        self._commands = self._counter("ixp_commands", "Commands answered.", "command", "result")
        self._command_seconds = self._histogram(
            "ixp_command_seconds", "From the arrival of a command to its answer.", "command"
        )
        self._events = self._counter("ixp_events", "Events sent.", "event")
        self._calls = self._counter("ixp_adapter_calls", "Calls to the CTI platform's adapter.", "call", "result")
        self._call_seconds = self._histogram(
            "ixp_adapter_call_seconds", "From a call to the adapter to its outcome.", "call"
        )
        self._reports = self._counter("ixp_platform_reports", "Reports of the CTI platform.", "outcome")
        self._closed = self._counter("ixp_connections_closed", "Connections that have ended.", "why")
        self._refused = self._counter("ixp_requests_refused", "Requests refused before any session saw them.", "code")

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> _Children[Counter]:
        return _Children(Counter(name, text, labels, registry=self._registry))

    def _histogram(self, name: str, text: str, *labels: str) -> _Children[Histogram]:
        return _Children(Histogram(name, text, labels, registry=self._registry, buckets=SECONDS))

    # Read when somebody asks for the metrics

    def watch_sessions(self, count: Callable[[], int]) -> None:
        self._sessions.set_function(count)

    def watch_connections(self, count: Callable[[], int]) -> None:
        self._connections.set_function(count)

    def watch_inbox(self, depth: Callable[[], int]) -> None:
        """`depth`: requests that wait for their turn, over all sessions."""
        self._inbox.set_function(depth)

    def watch_outbox(self, depth: Callable[[], int]) -> None:
        """`depth`: messages that wait for their socket, over all connections."""
        self._outbox.set_function(depth)

    # Counted as they happen

    def command_done(self, command: str, result: str, seconds: float) -> None:
        """`command`: its canonical name. `result`: success, confirm, repeated, or the failure code."""
        command = command if command in COMMANDS else UNKNOWN
        self._commands[command, result if result in RESULTS else UNKNOWN].inc()
        self._command_seconds[(command,)].observe(seconds)

    def event_sent(self, name: str) -> None:
        self._events[(name if name in EVENTS else UNKNOWN,)].inc()

    def adapter_call_done(self, call: str, result: str, seconds: float) -> None:
        """`call`: the name of the call's class. `result`: success, cancelled, or the failure code."""
        call = call if call in CALL_NAMES else UNKNOWN
        self._calls[call, result if result in RESULTS else UNKNOWN].inc()
        self._call_seconds[(call,)].observe(seconds)

    def platform_report(self, outcome: Literal["applied", "ignored", "left_out"]) -> None:
        self._reports[(outcome,)].inc()

    def connection_closed(self, why: str) -> None:
        """`why`: one of the server's own few words, never a text of the peer's."""
        self._closed[(why,)].inc()

    def request_refused(self, code: FailureCode) -> None:
        self._refused[(code,)].inc()

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All metrics in the form that suits an HTTP Accept header, and its media type. By default Prometheus text."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type
