"""What the processor does when it can ask the platform again after a time in which nothing was heard of it.

The session's objects stay what they are, and whatever is different at the platform by now is told as events: what has
ended in the meantime, what has changed, what has come. Source: specs/durability.md, "What happens at the platform".
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from protocol import platform
from protocol.errors import FailureCode, Refused
from protocol.platform import ChannelReport, GroupReport, InteractionReport, PartialSnapshot, Snapshot
from protocol.states import LoginState
from statemachines import changes
from statemachines.actions.interaction import changed, forget
from statemachines.capabilities import open_now
from statemachines.operation import Asking, Done, Operation, ask, check_channel, check_interactions, check_new
from statemachines.sequences import Happening, What
from statemachines.world import AnyObject, Channel, ChannelGroup, Session

NOT_HEARD: Final = (FailureCode.TIMEOUT, FailureCode.PLATFORM_UNAVAILABLE)
"""After a refusal with one of these the platform is asked again, and nothing is concluded from it."""


def reconcile(session: Session) -> Operation:
    """Raises Refused where the platform does not know the agent any longer, or talks nonsense."""
    snapshot = yield from ask(platform.StartAgent(extension=session.extension))
    check_new(snapshot.groups, snapshot.channels)
    held = _held(session, snapshot)
    snapshot = yield from _with_what_it_forgot(session, snapshot, held)
    check_new(snapshot.groups, snapshot.channels)
    check_interactions(snapshot)
    session.agent_name = snapshot.agent_name or session.agent_name
    return Done(happenings=tuple(_differences(session, _with_what_is_held(session, snapshot, held), held)))


def _held(session: Session, snapshot: Snapshot) -> frozenset[Channel]:
    """The channels of which nobody can say whether they are there: nothing is concluded about them."""
    unheard = snapshot.unheard if isinstance(snapshot, PartialSnapshot) else ()
    there = {channel.endpoint for channel in (*snapshot.channels, *_channels_of(snapshot.groups))}
    return frozenset(
        channel for channel in session.all_channels() if channel.type in unheard and channel.endpoint not in there
    )


def _with_what_is_held(session: Session, snapshot: Snapshot, held: frozenset[Channel]) -> Snapshot:
    groups = {group.name: group for group in snapshot.groups}
    for group in session.groups.values():
        if away := tuple(_out_of_reach(channel) for channel in group.channels.values() if channel in held):
            others = groups.get(group.name) or GroupReport(name=group.name, channels=())
            groups[group.name] = attrs.evolve(others, channels=(*others.channels, *away))
    alone = (_out_of_reach(channel) for channel in session.channels.values() if channel in held)
    return attrs.evolve(snapshot, groups=tuple(groups.values()), channels=(*snapshot.channels, *alone))


def _out_of_reach(channel: Channel) -> ChannelReport:
    return ChannelReport(
        endpoint=channel.endpoint, type=channel.type, name=channel.name, loginstate=LoginState.UNAVAILABLE
    )


def _with_what_it_forgot(session: Session, snapshot: Snapshot, held: frozenset[Channel]) -> Asking[Snapshot]:
    """Have groups and channels made anew that the platform does not have any longer, where it lets us.

    Of a group that several platforms have as one, a part alone may be forgotten: whoever has theirs is asked in vain.
    """
    groups, channels = {group.name: group for group in snapshot.groups}, list(snapshot.channels)
    endpoints = {channel.endpoint for channel in (*channels, *_channels_of(groups.values()))}
    for group in session.groups.values():
        due = [channel for channel in group.channels.values() if channel not in held]
        is_there = group.name in groups or len(due) < len(group.channels)
        if not is_there or any(channel.endpoint not in endpoints for channel in due):
            kinds = {channel.type for channel in group.channels.values()}
            call = platform.AddGroup.with_kinds(group.name, kinds)
            try:
                groups[group.name] = yield from ask(call)
            except Refused as refusal:
                _raise_if_passing(refusal)
                continue  # it is told as removed
    endpoints = {channel.endpoint for channel in (*channels, *_channels_of(groups.values()))}
    for channel in session.channels.values():
        if channel.endpoint not in endpoints and channel not in held:
            try:
                report = yield from ask(platform.AddChannel(endpoint=channel.endpoint, type=channel.type))
            except Refused as refusal:
                _raise_if_passing(refusal)
                continue
            check_channel(report, channel.endpoint)
            channels.append(report)
    return attrs.evolve(snapshot, groups=tuple(groups.values()), channels=tuple(channels))


def _raise_if_passing(refusal: Refused) -> None:
    """Of a platform that was out of reach nobody knows what it has forgotten: it is asked again."""
    if refusal.code in NOT_HEARD:
        raise refusal


def _channels_of(groups: Iterable[GroupReport]) -> Iterator[ChannelReport]:
    return (channel for group in groups for channel in group.channels)


def _differences(session: Session, snapshot: Snapshot, held: frozenset[Channel]) -> Iterator[Happening]:
    """Make the session as the snapshot has it; what ended is told before what changed, and that before what came."""
    reports = {report.endpoint: report for report in (*_channels_of(snapshot.groups), *snapshot.channels)}
    stays = {channel for channel in session.all_channels() if _stays(channel, snapshot)}
    there = {(report.endpoint, report.id) for report in snapshot.interactions}
    told: set[Channel] = set()
    for interaction in tuple(session.all_interactions()):
        channel = interaction.channel
        if channel in held:
            continue
        if channel not in stays or (channel.endpoint, interaction.key) not in there:
            if channel in stays:
                channel.take_in(reports[channel.endpoint])  # the pair at its end shows what the channel is by now
                told.add(channel)
            yield forget(session, interaction)
    yield from _removed(session, stays, {group.name for group in snapshot.groups})
    for channel in session.all_channels():
        if channel not in told:
            yield from _channel_changed(channel, reports[channel.endpoint])
    yield from _interactions_changed(session, snapshot.interactions)
    yield from _come(session, snapshot)


def _stays(channel: Channel, snapshot: Snapshot) -> bool:
    """Does the platform have it, of its type and at its place?"""
    if channel.group is None:
        beside = snapshot.channels
    else:
        name = channel.group.name
        beside = next((group.channels for group in snapshot.groups if group.name == name), ())
    return any((report.endpoint, report.type) == (channel.endpoint, channel.type) for report in beside)


def _removed(session: Session, stays: set[Channel], groups: set[str]) -> Iterator[Happening]:
    for group in tuple(session.groups.values()):
        if group.name not in groups:
            channels = tuple(group.channels.values())
            active = frozenset(channel for channel in channels if channel.active)
            session.remove_group(group)
            yield Happening(what=What.GROUP_REMOVED, subject=group, channels=channels, changed=active)
    for channel in tuple(session.all_channels()):
        if channel not in stays:
            active = frozenset({channel} if channel.active else ())
            session.remove_channel(channel)
            yield Happening(what=What.CHANNEL_REMOVED, subject=channel, changed=active)


def _channel_changed(channel: Channel, report: ChannelReport) -> Iterator[Happening]:
    if channel.loginstate is not report.loginstate:
        channel.take_in(report)
        yield Happening(what=What.CHANNEL_LOGIN_CHANGED, subject=channel)
    elif not channel.matches(report):
        channel.take_in(report)
        yield Happening(what=What.CHANNEL_AGENT_CHANGED, subject=channel)


def _interactions_changed(session: Session, reports: Iterable[InteractionReport]) -> Iterator[Happening]:
    """Those of channels that the session has. One that cannot have become what it is ends, and is another one."""
    at = {channel.endpoint: channel for channel in session.all_channels()}
    # Held legs first: one leg of a channel is connected, and it may be another one than before.
    for report in sorted((each for each in reports if each.endpoint in at), key=lambda each: each.connected):
        channel = at[report.endpoint]
        known = changes.find(channel, report.id)
        if known is not None and changes.problem(channel, report):
            yield forget(session, known)
        if not changes.problem(channel, report):
            change = changes.take_in(session, channel, report)
            if change.tells:
                yield changed(change)


def other_commands(session: Session) -> Iterator[Happening]:
    """Where the platform can do other things than before, and nothing else has told so: what is below comes first."""
    for channel in session.all_channels():
        for interaction in channel.interactions.values():
            yield from _unsettled(session, *interaction.conversations.values(), interaction)
        yield from _unsettled(session, channel)
    yield from _unsettled(session, *session.groups.values(), session)


def _unsettled(session: Session, *subjects: AnyObject) -> Iterator[Happening]:
    for subject in subjects:
        if frozenset(open_now(subject, session.features)) != subject.announced:
            what = What.CHANNEL_AGENT_CHANGED if isinstance(subject, Channel) else What.COMMANDS_CHANGED
            yield Happening(what=what, subject=subject)


def _come(session: Session, snapshot: Snapshot) -> Iterator[Happening]:
    """Groups and channels that are new to the session, each with what lives there."""
    by_endpoint: dict[str, list[InteractionReport]] = {}
    for report in snapshot.interactions:
        by_endpoint.setdefault(report.endpoint, []).append(report)
    known: Mapping[str, ChannelGroup] = {group.name: group for group in session.groups.values()}
    for group_report in snapshot.groups:
        group = known.get(group_report.name)
        if group is None:
            group = session.add_group(group_report)
            for channel in group.channels.values():
                _fill(session, channel, by_endpoint)
            yield Happening(what=What.GROUP_ADDED, subject=group)
        else:
            yield from _new_channels(session, group_report.channels, group, by_endpoint)
    yield from _new_channels(session, snapshot.channels, None, by_endpoint)


def _new_channels(
    session: Session,
    reports: Iterable[ChannelReport],
    group: ChannelGroup | None,
    interactions: Mapping[str, list[InteractionReport]],
) -> Iterator[Happening]:
    for report in reports:
        if session.channel_at(report.endpoint) is None:
            channel = session.add_channel(report, group)
            _fill(session, channel, interactions)
            yield Happening(what=What.CHANNEL_ADDED, subject=channel)


def _fill(session: Session, channel: Channel, interactions: Mapping[str, list[InteractionReport]]) -> None:
    for report in interactions.get(channel.endpoint, ()):
        changes.take_in(session, channel, report)
