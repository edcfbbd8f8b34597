"""What the session commands do."""

from protocol import platform
from protocol.commands import (
    AddChannel,
    AddChannelGroup,
    ChannelCommand,
    NoData,
    RemoveChannelGroup,
    SessionLogout,
    SessionStart,
)
from protocol.errors import FailureCode, Refused
from protocol.events import CodeInfo
from protocol.ids import ChannelGroupId, ChannelId
from protocol.platform import CHANNEL_FEATURES, Feature, GroupReport, ReasonCode, Snapshot
from protocol.results import Directory, DirectoryEntryInfo
from protocol.states import ChannelType
from statemachines.changes import take_in
from statemachines.operation import (
    Asking,
    Done,
    Operation,
    ask,
    check_channel,
    check_interactions,
    check_new,
    platform_error,
)
from statemachines.sequences import Happening, What
from statemachines.session import SESSION
from statemachines.table import fire
from statemachines.world import Channel, ChannelGroup, Session

# Start and logout


def start(session: Session, _: Session, data: SessionStart) -> Operation:
    """Take in what exists for the agent, in place of all that was; join the groups asked for when preparing."""
    if session.wanted_groups and Feature.CHANNELGROUPS not in session.features:
        raise Refused(
            FailureCode.UNSUPPORTED, "the CTI platform has no channel groups; prepare a session without channelgroups"
        )
    fire(SESSION, session, "start")
    session.agent_watched = True
    try:
        snapshot = yield from ask(platform.StartAgent(extension=data.extension))
        check_new(snapshot.groups, snapshot.channels)
        check_interactions(snapshot)
        joined = yield from _join_wanted(session, snapshot)
    except Refused:
        fire(SESSION, session, "start_failed")
        raise
    session.forget()
    session.take_in(snapshot)
    session.extension = data.extension
    for group in joined:
        session.add_group(group)
    channels = {channel.endpoint: channel for channel in session.all_channels()}
    for report in snapshot.interactions:
        take_in(session, channels[report.endpoint], report)
    session.wanted_groups = ()
    fire(SESSION, session, "initialized")
    return Done(happenings=(Happening(what=What.SESSION_INITIALIZED, subject=session),))


def _join_wanted(session: Session, snapshot: Snapshot) -> Asking[list[GroupReport]]:
    there = {group.name for group in snapshot.groups}
    joined: list[GroupReport] = []
    for name in session.wanted_groups:
        if name in there:
            continue
        joined.append((yield from _join(platform.AddGroup(name=name, chat=True, email=True, callback=True))))
        check_new((*snapshot.groups, *joined), snapshot.channels)
        there.add(name)
    return joined


def logout(session: Session, _: Session, data: SessionLogout) -> Operation:
    """End the session. Its success is the last message: nothing tells of the objects that go with it."""
    for channel in session.all_channels():
        refuse_if_engaged(channel)
    fire(SESSION, session, "logout")
    try:
        yield from ask(platform.LogoutAgent(reason=data.reason.code if data.reason else None))
    except Refused:
        fire(SESSION, session, "logout_failed")
        raise
    fire(SESSION, session, "logged_out")
    return Done()


def refuse_if_engaged(channel: Channel) -> None:
    for interaction in channel.interactions:
        raise Refused(
            FailureCode.INTERACTION_ACTIVE,
            f"channel {channel.id} has the interaction {interaction}, which is not completed; "
            "end it (reject it, or answer it and hang up) and complete it first",
        )


# Channels


def feature_of_channel(data: AddChannel) -> Feature:
    return CHANNEL_FEATURES[ChannelType(data.channel.type.upper())]


def add_channel(session: Session, _: Session, data: AddChannel) -> Operation:
    endpoint = data.channel.endpoint
    if channel := session.channel_at(endpoint):
        raise Refused(
            FailureCode.ALREADY_EXISTS,
            f"data.channel.endpoint: {endpoint} is channel {channel.target} already; use that one",
        )
    report = yield from ask(platform.AddChannel(endpoint=endpoint, type=ChannelType(data.channel.type.upper())))
    check_channel(report, endpoint)
    if report.type is not ChannelType(data.channel.type.upper()):
        raise platform_error(f"asked for {data.channel.type} at {endpoint}, it told of {report.type}")
    added = session.add_channel(report)
    return Done(happenings=(Happening(what=What.CHANNEL_ADDED, subject=added),))


def standalone_channel(session: Session, _: Session, data: ChannelCommand) -> Channel:
    channel = session.channels.get(ChannelId(data.channel.id))
    if channel is None:
        group = next((g for g in session.groups.values() if data.channel.id in g.channels), None)
        remedy = f"it belongs to group {group.id}: remove the group" if group else "use the id of a channel.created"
        raise Refused(
            FailureCode.INVALID_TARGET, f"data.channel.id: {data.channel.id} is no standalone channel; {remedy}"
        )
    return channel


def remove_channel(session: Session, _: Session, channel: Channel) -> Operation:
    refuse_if_engaged(channel)
    yield from ask(platform.RemoveChannel(endpoint=channel.endpoint))
    was_active = frozenset({channel} if channel.active else ())
    session.remove_channel(channel)
    if channel.endpoint == session.extension:
        session.extension = None  # else the phone would come back with its platform
    return Done(happenings=(Happening(what=What.CHANNEL_REMOVED, subject=channel, changed=was_active),))


# Channel groups


def add_group(session: Session, _: Session, data: AddChannelGroup) -> Operation:
    wanted = data.channelgroup
    if group := session.group_named(wanted.name):
        raise Refused(
            FailureCode.ALREADY_EXISTS,
            f"data.channelgroup.name: {wanted.name} is group {group.target} already; use that one",
        )
    report = yield from _join(
        platform.AddGroup(name=wanted.name, chat=wanted.chat, email=wanted.email, callback=wanted.callback)
    )
    check_new((report,), (), beside=session)
    added = session.add_group(report)
    return Done(happenings=(Happening(what=What.GROUP_ADDED, subject=added),))


def _join(call: platform.AddGroup) -> Asking[GroupReport]:
    report = yield from ask(call)
    if report.name != call.name:
        raise platform_error(f"asked for group {call.name}, it told of {report.name}")
    return report


def named_group(session: Session, _: Session, data: RemoveChannelGroup) -> ChannelGroup:
    group = session.groups.get(ChannelGroupId(data.channelgroup.id))
    if group is None:
        raise Refused(
            FailureCode.INVALID_TARGET,
            f"data.channelgroup.id: {data.channelgroup.id} is no group of this session; "
            "use the id of a channelgroup.created",
        )
    return group


def remove_group(session: Session, _: Session, group: ChannelGroup) -> Operation:
    channels = tuple(group.channels.values())
    for channel in channels:
        refuse_if_engaged(channel)
    yield from ask(platform.RemoveGroup(name=group.name))
    was_active = frozenset(channel for channel in channels if channel.active)
    session.remove_group(group)
    return Done(happenings=(Happening(what=What.GROUP_REMOVED, subject=group, channels=channels, changed=was_active),))


# Lists


def get_directory(_: Session, __: Session, ___: NoData) -> Operation:
    entries = yield from ask(platform.ListDirectory())
    return Done(
        data=Directory(
            entries=tuple(
                DirectoryEntryInfo(name=entry.name, number=entry.number, type=entry.type) for entry in entries
            )
        )
    )


def list_notready_reasons(session: Session, _: Session, __: NoData) -> Operation:
    reasons = yield from ask(platform.ListNotReadyReasons())
    return Done(happenings=(Happening(what=What.NOTREADY_REASONS_LISTED, subject=session, codes=as_codes(reasons)),))


def list_logout_reasons(session: Session, _: Session, __: NoData) -> Operation:
    reasons = yield from ask(platform.ListLogoutReasons())
    return Done(happenings=(Happening(what=What.LOGOUT_REASONS_LISTED, subject=session, codes=as_codes(reasons)),))


def as_codes(reasons: tuple[ReasonCode, ...]) -> tuple[CodeInfo, ...]:
    return tuple(CodeInfo(code=reason.code, name=reason.name) for reason in reasons)
