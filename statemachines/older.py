"""An answer of the platform is the state at the moment when it comes: what was reported before it is older."""

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


def left_of(report: Report, answer: object) -> Report | None:
    """What of a report that waited while the platform was asked still counts beside the answer; None: nothing."""
    match answer:
        case Snapshot():
            return report if isinstance(report, Post) else None
        case ChannelReport():
            return _without_channels(report, {answer.endpoint})
        case GroupReport():
            return _without_channels(report, {channel.endpoint for channel in answer.channels})
        case InteractionReport():
            return _beside_interaction(report, answer)
        case MessagePosted():
            return None if _is_same_post(report, answer) else report
        case Replied():
            if _is_same_post(report, answer.message):
                return None
            return _beside_interaction(report, answer.interaction)
        case _:
            return report


def _without_channels(report: Report, endpoints: set[str]) -> Report | None:
    if report.endpoint not in endpoints:
        return report
    match report:
        case ChannelReport():
            return None
        case InteractionReport():
            return attrs.evolve(report, channel=None)
        case _:
            return report


def _beside_interaction(report: Report, answer: InteractionReport) -> Report | None:
    if isinstance(report, InteractionReport) and (report.endpoint, report.id) == (answer.endpoint, answer.id):
        return report.channel if answer.channel is None else None
    return report if answer.channel is None else _without_channels(report, {answer.endpoint})


def _is_same_post(report: Report, answer: MessagePosted) -> bool:
    return isinstance(report, Post) and (report.endpoint, report.interaction, report.id) == (
        answer.endpoint,
        answer.interaction,
        answer.id,
    )
