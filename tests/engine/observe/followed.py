"""Traces kept in memory, and spans in short."""

from typing import Any

import attrs
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from engine.observe.tracing import Tracing


@attrs.define
class Followed:
    """What was traced, as far as it has ended."""

    exporter: InMemorySpanExporter = attrs.field(factory=InMemorySpanExporter)
    traces: Tracing = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.traces = Tracing(provider)

    def take(self) -> list[ReadableSpan]:
        spans = list(self.exporter.get_finished_spans())
        self.exporter.clear()
        return spans

    def take_one(self) -> tuple[ReadableSpan, list[str]]:
        """The one root that there is, and the names of its parts in the order of their beginning."""
        spans = self.take()
        (root,) = (span for span in spans if span.parent is None or span.parent.is_remote)
        assert root.context is not None
        parts = [span for span in spans if span is not root]
        assert {span.parent.span_id for span in parts if span.parent} <= {root.context.span_id}
        assert {span.context.trace_id for span in spans if span.context} == {root.context.trace_id}
        assert len(parts) == len(spans) - 1
        return root, [span.name for span in sorted(parts, key=lambda span: span.start_time or 0)]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})
