"""What operators see: structured logs, Prometheus metrics, OpenTelemetry traces. Source: specs/observation.md."""

from engine.observe.logs import LOG_LEVELS, REDACTED, SECRETS, at_adapter, concern, configure_logging, redact, redacted
from engine.observe.metrics import SECONDS, UNKNOWN, Metrics
from engine.observe.traces import NO_TRACES, Traces

__all__ = (
    "LOG_LEVELS",
    "NO_TRACES",
    "REDACTED",
    "SECONDS",
    "SECRETS",
    "UNKNOWN",
    "Metrics",
    "Traces",
    "at_adapter",
    "concern",
    "configure_logging",
    "redact",
    "redacted",
)
