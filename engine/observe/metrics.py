"""Prometheus metrics of one processor. Source: specs/observation.md, "Metrics"."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Final, Generic, Literal, TypeVar

import attrs
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import choose_encoder

from protocol.commands import COMMANDS
from protocol.errors import FailureCode
from protocol.events import EVENTS
from protocol.platform import CALLS
from protocol.results import BindOutcome
from protocol.states import DisposalCause

SUCCESS: Final = "success"
UNKNOWN: Final = "unknown"
"""Stands for a name or an id that nobody has: a peer may put anything there, a password for one."""
RESULTS: Final = frozenset({SUCCESS, "confirm", "repeated", "cancelled", *FailureCode})
CALL_NAMES: Final = frozenset(call.__name__ for call in CALLS)
SECONDS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper bounds of the buckets: from what a command without a platform takes to the deadline of a platform's call."""

LOGOUT: Final = "LOGOUT"
DISPOSALS: Final = frozenset({LOGOUT, *DisposalCause})

M = TypeVar("M", Counter, Histogram)


@attrs.frozen
class MetricRow:
    """One metric, for its documentation."""

    name: str
    kind: Literal["gauge", "counter", "histogram", "info"]
    meaning: str
    labels: tuple[str, ...] = ()


class _Children(dict[tuple[str, ...], M], Generic[M]):
    """The children of one metric by their labels' values; the library's own look-up takes a lock and is slower."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self._metric: M = metric

    def __missing__(self, labels: tuple[str, ...]) -> M:
        child = self[labels] = self._metric.labels(*labels) if labels else self._metric
        return child


class Metrics:
    """All metrics of one processor, in a registry of its own.

    Labels take few values only: what is in none of the protocol's tables counts as "unknown".
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.table: list[MetricRow] = []
        """All but those of the process, whose names are the library's."""
        ProcessCollector(registry=self._registry)
        self._info("ixp_build", "The version that runs.", version=version("interaction-processor"))
        gauge = self._gauge
        self._sessions = gauge("ixp_sessions", "Sessions that exist.")
        self._unbound = gauge("ixp_sessions_unbound", "Sessions that no connection binds: their desktops are away.")
        self._connections = gauge("ixp_connections", "Connections of agent desktops.")
        self._inbox = gauge("ixp_inbox_depth", "Requests that wait for their turn, over all sessions.")
        self._outbox = gauge("ixp_outbox_messages", "Messages that wait for their socket, over all connections.")
        self._platform_up = gauge("ixp_platform_up", "1 while this CTI adapter is connected, else 0.", "adapter")
        self._lag = self._histogram(
            "ixp_loop_lag_seconds", "How late a task comes that wanted to wake: what every session waits for its turn."
        )[()]
        self._ended = self._counter("ixp_sessions_ended", "Sessions that are over, and why.", "disposal")
        self._bindings = self._counter("ixp_bindings", "Sessions bound to a connection, and how.", "outcome")
        self._losses = self._counter("ixp_platform_losses", "How often a CTI platform was lost.", "adapter")
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
        self._journal_waiting = gauge("ixp_journal_waiting_steps", "Steps that wait to be kept.")
        self._journal_steps = self._counter("ixp_journal_steps", "Steps kept.")[()]
        self._journal_seconds = self._histogram("ixp_journal_commit_seconds", "How long each transaction took.")[()]
        self._closed = self._counter("ixp_connections_closed", "Connections that have ended.", "why")
        self._refused = self._counter("ixp_requests_refused", "Requests refused before any session saw them.", "code")

    def _info(self, name: str, text: str, **labels: str) -> None:
        self.table.append(MetricRow(f"{name}_info", "info", text, tuple(labels)))
        Info(name, text, registry=self._registry).info(labels)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        self.table.append(MetricRow(name, "gauge", text, labels))
        return Gauge(name, text, labels, registry=self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> _Children[Counter]:
        self.table.append(MetricRow(f"{name}_total", "counter", text, labels))
        return _Children(Counter(name, text, labels, registry=self._registry))

    def _histogram(self, name: str, text: str, *labels: str) -> _Children[Histogram]:
        self.table.append(MetricRow(name, "histogram", text, labels))
        return _Children(Histogram(name, text, labels, registry=self._registry, buckets=SECONDS))

    # Read when somebody asks for the metrics

    def watch_sessions(self, count: Callable[[], int]) -> None:
        self._sessions.set_function(count)

    def watch_unbound(self, count: Callable[[], int]) -> None:
        """`count`: sessions that no connection binds."""
        self._unbound.set_function(count)

    def watch_platform(self, adapter: str, up: Callable[[], bool]) -> None:
        self._platform_up.labels(adapter).set_function(up)

    def watch_connections(self, count: Callable[[], int]) -> None:
        self._connections.set_function(count)

    def watch_inbox(self, depth: Callable[[], int]) -> None:
        """`depth`: requests that wait for their turn, over all sessions."""
        self._inbox.set_function(depth)

    def watch_outbox(self, depth: Callable[[], int]) -> None:
        """`depth`: messages that wait for their socket, over all connections."""
        self._outbox.set_function(depth)

    def watch_journal(self, depth: Callable[[], int]) -> None:
        """`depth`: steps that wait to be kept."""
        self._journal_waiting.set_function(depth)

    # Counted as they happen

    def journal_committed(self, steps: int, seconds: float) -> None:
        self._journal_steps.inc(steps)
        self._journal_seconds.observe(seconds)

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

    def platform_lost(self, adapter: str) -> None:
        self._losses[(adapter,)].inc()

    def session_ended(self, disposal: str) -> None:
        """`disposal`: LOGOUT, or the cause that session.disposed tells."""
        self._ended[(disposal if disposal in DISPOSALS else UNKNOWN,)].inc()

    def session_bound(self, outcome: BindOutcome) -> None:
        self._bindings[(outcome,)].inc()

    def loop_was_late(self, seconds: float) -> None:
        self._lag.observe(seconds)

    def connection_closed(self, why: str) -> None:
        """`why`: one of the server's own few words, never a text of the peer's."""
        self._closed[(why,)].inc()

    def request_refused(self, code: FailureCode) -> None:
        self._refused[(code,)].inc()

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All metrics in the form that suits an HTTP Accept header, and its media type. By default Prometheus text."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type
