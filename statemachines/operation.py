"""What a request does, as a generator: it yields calls for the platform and ends with what happened.

What a command tells of changes only after its last call has succeeded, so a refusal leaves all as it was; the
operations on all channels of a group change one channel after another, and say so. The core drives the generator: it
sends in each answer, or throws Refused where the platform refused.
"""

from collections.abc import Generator
from typing import Any, TypeVar, cast

import attrs

from protocol.errors import FailureCode, Refused
from protocol.ids import ChannelId
from protocol.platform import ChannelReport, GroupReport, InteractionReport, PlatformCall, Snapshot
from protocol.results import ResultData
from protocol.states import InteractionState
from statemachines.sequences import Happening
from statemachines.world import Session

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class Done:
    """The request succeeded. `data` is success data of the command's own; `happenings` are told in order."""

    data: ResultData | None = None
    happenings: tuple[Happening, ...] = ()


@attrs.frozen(kw_only=True)
class Stopped:
    """The request failed, and yet something has changed, which stays and is told.

    `channel` is where an all-channel operation stopped.
    """

    refusal: Refused
    channel: ChannelId | None = None
    happenings: tuple[Happening, ...] = ()


Outcome = Done | Stopped
Operation = Generator[PlatformCall[Any], Any, Outcome]
Asking = Generator[PlatformCall[Any], Any, R]


def ask(call: PlatformCall[R]) -> Asking[R]:
    """Yield one call; return its answer. Raises Refused as the platform does."""
    return cast(R, (yield call))


# The adapter's word is not trusted: what its answers must be, beyond their type


def platform_error(problem: str) -> Refused:
    return Refused(FailureCode.PLATFORM_ERROR, f"the CTI platform answered nonsense: {problem}; ask its administrator")


def check_channel(report: ChannelReport, endpoint: str) -> None:
    """Raises Refused unless the report is sound and about `endpoint`."""
    if problem := report.problem():
        raise platform_error(problem)
    if report.endpoint != endpoint:
        raise platform_error(f"asked about {endpoint}, it told of {report.endpoint}")


def check_new(
    groups: tuple[GroupReport, ...], channels: tuple[ChannelReport, ...], *, beside: Session | None = None
) -> None:
    """Raises Refused unless all these can be together, `beside` what is there: sound, and no endpoint or name twice."""
    reports = [report for group in groups for report in group.channels]
    reports.extend(channels)
    endpoints = {channel.endpoint for channel in beside.all_channels()} if beside else set()
    for report in reports:
        if problem := report.problem():
            raise platform_error(problem)
        if report.endpoint in endpoints:
            raise platform_error(f"endpoint {report.endpoint} comes twice")
        endpoints.add(report.endpoint)
    names = {group.name for group in beside.groups.values()} if beside else set()
    for group in groups:
        if group.name in names:
            raise platform_error(f"group {group.name} comes twice")
        names.add(group.name)


def check_interactions(snapshot: Snapshot) -> None:
    """Raises Refused unless all interactions are sound, at endpoints of the snapshot that are of their type."""
    types = {channel.endpoint: channel.type for group in snapshot.groups for channel in group.channels}
    types |= {channel.endpoint: channel.type for channel in snapshot.channels}
    seen: set[tuple[str, str]] = set()
    talking: set[str] = set()
    for report in snapshot.interactions:
        if problem := report.problem():
            raise platform_error(problem)
        if types.get(report.endpoint) is not report.type:
            raise platform_error(f"interaction {report.id} is a {report.type} at {report.endpoint}, which is none")
        if report.state is InteractionState.COMPLETED or (report.endpoint, report.id) in seen:
            raise platform_error(f"interaction {report.id} is over, or comes twice")
        if report.connected and report.endpoint in talking:
            raise platform_error(f"two CONNECTED legs at {report.endpoint}")
        seen.add((report.endpoint, report.id))
        talking |= {report.endpoint} if report.connected else set()


def check_interaction(report: InteractionReport, endpoint: str, key: str) -> None:
    """Raises Refused unless the report is about that interaction."""
    if (report.endpoint, report.id) != (endpoint, key):
        raise platform_error(f"asked about {key} at {endpoint}, it told of {report.id} at {report.endpoint}")
