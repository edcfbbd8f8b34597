"""Traces by OpenTelemetry: its API for the spans; its SDK, which only the extra `traces` installs, for sending them.

Imported when traces are switched on, and not before. Spans hold ids, names of the protocol and numbers, never what
anybody wrote: no exception is recorded, since its words might quote it.
"""

import inspect
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import entry_points, version
from typing import Any, Final, TypeVar, cast

from opentelemetry.context import Context
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    TracerProvider,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from engine.observe.metrics import UNKNOWN
from engine.observe.traces import Arrival, Part, Traces, Turn, Writer
from protocol.errors import FAILURES, FailureCode, Fault
from protocol.messages import BadRequest, Request

T = TypeVar("T")

NAME: Final = "interaction-processor"
EXTRA: Final = "`pip install '.[traces]'` in a clone of the project brings it"
TRACEPARENT: Final = "traceparent"
"""A property that a request may have, unknown to the protocol: the client's own trace goes on here."""

_OURS: Final = frozenset(code for code, meaning in FAILURES.items() if meaning.fault is not Fault.CLIENT)
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class TracesUnavailable(Exception):
    """Traces are switched on and cannot be sent; the message says what to do."""


class _Arrival(Arrival):
    def __init__(self, span: Span) -> None:
        self.span = span
        self.at_ns = time.time_ns()

    def answered(self, result: str) -> None:
        _conclude(self.span, result)
        self.span.end()


class _Turn(Turn):
    """The span is the current one of the task meanwhile, so what an adapter's own libraries trace is part of it."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._current = use_span(span, record_exception=False, set_status_on_exception=False)
        self._writer: Writer | None = None

    def __enter__(self) -> "_Turn":
        self._current.__enter__()
        return self

    def __exit__(self, _: object, error: object, __: object) -> None:
        self._current.__exit__(None, None, None)
        if error is not None:
            self.done(FailureCode.INTERNAL_ERROR if isinstance(error, Exception) else "cancelled")
        if self._writer is None:
            self._span.end()
            return
        sending = self._tracer.start_span("send", context=set_span_in_context(self._span, Context()))

        def sent() -> None:
            sending.end()
            self._span.end()

        self._writer.when_written(sent)

    def told(self, first: int, last: int, writer: Writer | None) -> None:
        if first <= last:
            self._span.set_attributes({"ixp.seq.first": first, "ixp.seq.last": last})
            self._writer = writer

    def done(self, result: str) -> None:
        _conclude(self._span, result)


class _Followed:
    """An object of which one method is a part of every turn; all else goes to the object as it is at that moment."""

    def __init__(self, thing: object, method: str, part: Callable[..., AbstractContextManager[object]]) -> None:
        self._thing = thing

        def call(*arguments: Any, **more: Any) -> Any:
            with part(*arguments):
                return getattr(thing, method)(*arguments, **more)

        async def call_async(*arguments: Any, **more: Any) -> Any:
            with part(*arguments):
                return await getattr(thing, method)(*arguments, **more)

        setattr(self, method, call_async if inspect.iscoroutinefunction(getattr(thing, method)) else call)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._thing, name)


def _conclude(span: Span, result: str) -> None:
    if result:
        span.set_attribute("ixp.result", result)
    if result in _OURS:
        span.set_status(Status(StatusCode.ERROR))


class Tracing(Traces):
    """Makes spans by the tracers of `provider`."""

    on = True

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(NAME, version(NAME))

    def came(self, request: Request | BadRequest) -> Arrival:
        command = request.command.name if isinstance(request, Request) else UNKNOWN
        span = self._tracer.start_span(
            command, context=_parent(request.original), kind=SpanKind.SERVER, attributes={"ixp.command": command}
        )
        return _Arrival(span)

    def turn(self, what: str, *, session: str, agent: str, arrival: Arrival | None = None) -> Turn:
        about = {"ixp.session": session, "ixp.agent": agent}
        if isinstance(arrival, _Arrival):
            span = arrival.span
            span.set_attributes(about)
            within = set_span_in_context(span, Context())
            self._tracer.start_span("wait", context=within, start_time=arrival.at_ns).end()
        else:
            # In no context: a task starts with its starter's, which is nothing to it.
            span = self._tracer.start_span(what, context=Context(), kind=SpanKind.CONSUMER, attributes=about)
        return _Turn(self._tracer, span)

    def within(self, thing: T, method: str, name: Part) -> T:
        @contextmanager
        def part(*arguments: object) -> Iterator[None]:
            if not get_current_span().get_span_context().is_valid:  # in no turn: a desktop comes or goes
                yield
                return
            full = f"{name} {type(arguments[1]).__name__}" if name == "call" else name
            with self._tracer.start_as_current_span(full, record_exception=False, set_status_on_exception=False):
                yield

        return cast(T, _Followed(thing, method, part))

    def close(self) -> None:
        shutdown = getattr(self._provider, "shutdown", None)
        if shutdown is not None:
            shutdown()


def _parent(original: object) -> Context:
    """The client's span, where the request names one as W3C Trace Context has it; else none."""
    traceparent = original.get(TRACEPARENT) if isinstance(original, Mapping) else None
    if not isinstance(traceparent, str):
        return Context()
    return _PROPAGATOR.extract({TRACEPARENT: traceparent}, Context())


def open_tracing() -> Tracing:
    """Send spans where the OTEL_* variables of the environment say. Raises TracesUnavailable."""
    name = os.environ.get("OTEL_TRACES_EXPORTER", "otlp")
    try:
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider as Provider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise TracesUnavailable(f"observe.traces: OpenTelemetry's SDK is not installed; {EXTRA}") from None
    wanted = "otlp_proto_http" if name == "otlp" else name
    found = list(entry_points(group="opentelemetry_traces_exporter", name=wanted))
    if not found:
        raise TracesUnavailable(
            f"observe.traces: no exporter {name} is installed; {EXTRA}, or set OTEL_TRACES_EXPORTER to one that is"
        )
    own = Resource({SERVICE_NAME: NAME, "service.version": version(NAME)})
    # Closed by its owner, in good time: not once more when the process ends.
    provider = Provider(resource=own.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(found[0].load()()))
    return Tracing(provider)
