"""An answer is the state at the moment when it comes; what the platform told while it was asked is older."""

from typing import Any

import attrs

from protocol.platform import (
    ChannelReport,
    GroupReport,
    InteractionReport,
    MessagePosted,
    Post,
    Replied,
    Report,
    Snapshot,
)


def left_beside(report: Report, answer: Any) -> Report | None:
    """What still counts of a report that waited; None: nothing."""
    if isinstance(answer, Snapshot):
        return report if isinstance(report, Post) else None  # what came up once is in no state
    parts = [answer.message, answer.interaction] if isinstance(answer, Replied) else [answer]
    newer = {channel.endpoint for part in parts for channel in _channels(part)}
    match report:
        case ChannelReport():
            return None if report.endpoint in newer else report
        case InteractionReport():
            channel = None if report.endpoint in newer else report.channel
            again = any(isinstance(part, InteractionReport) and _same(part, report, "id") for part in parts)
            return channel if again else attrs.evolve(report, channel=channel)
        case Post():
            again = any(isinstance(part, MessagePosted) and _same(part, report, "interaction", "id") for part in parts)
            return None if again else report


def _channels(part: Any) -> tuple[ChannelReport, ...]:
    """The channels whose state an answer tells."""
    match part:
        case ChannelReport():
            return (part,)
        case GroupReport():
            return part.channels
        case InteractionReport() if part.channel is not None:
            return (part.channel,)
        case _:
            return ()


def _same(one: Any, other: Any, *names: str) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("endpoint", *names))
