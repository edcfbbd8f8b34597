"""What operators see: structured logs, Prometheus metrics, OpenTelemetry traces. Source: specs/observation.md."""

from engine.observe.logs import LOG_LEVELS, REDACTED, SECRETS, concern, configure_logging, redact
from engine.observe.metrics import SECONDS, UNKNOWN, Metrics

__all__ = (
    "LOG_LEVELS",
    "REDACTED",
    "SECONDS",
    "SECRETS",
    "UNKNOWN",
    "Metrics",
    "concern",
    "configure_logging",
    "redact",
)
