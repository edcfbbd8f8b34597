"""What the requests of sessions, groups and channels do in the model."""

from collections.abc import Callable
from typing import Any

from protocol.errors import FailureCode as Code
from protocol.platform import ChannelReport, Feature, GroupReport, InteractionReport
from protocol.states import AgentState, LoginState
from tests.walks.contacts import Contacts
from tests.walks.telling import group_of, pair, present, updated
from tests.walks.words import STATE_FACTS, Fail, Settled, Tell, Thing, Told


class Channels(Contacts):
    """Each method named after a command takes what the request is about, and its data."""

    # Session

    def _session_start(self, session: Thing, data: dict[str, Any]) -> Settled:
        if self.wanted and Feature.CHANNELGROUPS not in self.features:
            raise Fail(Code.UNSUPPORTED)
        snapshot = self.ask("StartAgent", extension=data.get("extension"))
        joined = [
            self.ask("AddGroup", name=name, chat=True, email=True, callback=True)
            for name in dict.fromkeys(self.wanted)
            if name not in [group.name for group in snapshot.groups]
        ]
        self.things = []
        events: Told = []
        for group in (*snapshot.groups, *joined):
            events += self._new_group(group, snapshot.interactions)
        for channel in snapshot.channels:
            events += self._new_channel(channel, session, snapshot.interactions)
        self.state, self.wanted = "INITIALIZED", ()
        return Settled(events=[*events, Tell("session.initialized", session)])

    def _session_logout(self, _: Thing, data: dict[str, Any]) -> Settled:
        self._refuse_if_engaged(*self.channels())
        self.ask("LogoutAgent", reason=data.get("reason", {}).get("code"))
        self.state = "DISPOSED"
        return Settled(over=True)

    def _session_addchannel(self, session: Thing, data: dict[str, Any]) -> Settled:
        endpoint = data["channel"]["endpoint"]
        if self.channel_at(endpoint) is not None:
            raise Fail(Code.ALREADY_EXISTS)
        report = self.ask("AddChannel", endpoint=endpoint, type=data["channel"]["type"].upper())
        return Settled(events=self._new_channel(report, session))

    def _session_removechannel(self, channel: Thing, _: dict[str, Any]) -> Settled:
        self._refuse_if_engaged(channel)
        self.ask("RemoveChannel", endpoint=channel["endpoint"])
        return Settled(events=self._end_channel(channel))

    def _session_addchannelgroup(self, _: Thing, data: dict[str, Any]) -> Settled:
        wanted = data["channelgroup"]
        if any(group["name"] == wanted["name"] for group in self.groups()):
            raise Fail(Code.ALREADY_EXISTS)
        return Settled(events=self._new_group(self.ask("AddGroup", **wanted)))

    def _session_removechannelgroup(self, group: Thing, _: dict[str, Any]) -> Settled:
        self._refuse_if_engaged(*self.channels(group))
        self.ask("RemoveGroup", name=group["name"])
        events = [event for channel in self.channels(group) for event in self._end_channel(channel)]
        self.things.remove(group)
        return Settled(events=[*events, updated(group), Tell("channelgroup.disposed", group)])

    def _session_getdirectory(self, _: Thing, data: dict[str, Any]) -> Settled:
        entries = self.ask("ListDirectory")
        shown = [{"name": entry.name, "number": entry.number, "type": entry.type} for entry in entries]
        return Settled(data={"entries": shown})

    def _session_externalnotreadyreasons(self, session: Thing, _: dict[str, Any]) -> Settled:
        shown = {"reasons": _codes(self.ask("ListNotReadyReasons"))}
        return Settled(events=[Tell("session.externalnotreadyreasons.updated", session, shown)])

    def _session_externallogoutreasons(self, session: Thing, _: dict[str, Any]) -> Settled:
        shown = {"reasons": _codes(self.ask("ListLogoutReasons"))}
        return Settled(events=[Tell("session.externallogoutreasons.updated", session, shown)])

    # Channel group

    def _channelgroup_activate(self, channel: Thing, data: dict[str, Any]) -> Settled:
        self._log_in(channel, data.get("options", {}))
        return Settled(events=[*pair(channel), *group_of(channel)])

    def _channelgroup_deactivate(self, channel: Thing, data: dict[str, Any]) -> Settled:
        if channel["loginstate"] != LoginState.INACTIVE:
            self._refuse_if_engaged(channel)
        if channel["loginstate"] == LoginState.UNAVAILABLE:
            raise Fail(Code.CHANNEL_UNAVAILABLE)
        self._log_out(channel, data.get("options", {}))
        return Settled(events=[*pair(channel), *group_of(channel)])

    def _channelgroup_activateall(self, group: Thing, _: dict[str, Any]) -> Settled:
        return self._one_after_another(group, lambda channel: self._log_in(channel, {}))

    def _channelgroup_deactivateall(self, group: Thing, _: dict[str, Any]) -> Settled:
        return self._one_after_another(group, lambda channel: self._log_out(channel, {}))

    def _channelgroup_ready(self, group: Thing, _: dict[str, Any]) -> Settled:
        return self._one_after_another(group, self._make_ready, only_active=True)

    def _channelgroup_notready(self, group: Thing, data: dict[str, Any]) -> Settled:
        return self._one_after_another(group, lambda channel: self._make_not_ready(channel, data), only_active=True)

    def _one_after_another(self, group: Thing, step: Callable[[Thing], None], *, only_active: bool = False) -> Settled:
        """Stops at the first failure, without rollback; a failure with something changed is told all the same."""
        before = {channel: dict(channel.facts) for channel in self.channels(group)}

        def told() -> Told:
            changed = [channel for channel, facts in before.items() if channel.facts != facts]
            return [*[event for channel in changed for event in pair(channel)], updated(group)]

        for channel in [each for each in before if each.active or not only_active]:
            try:
                step(channel)
            except Fail as failure:
                events = told()
                return Settled(failure.codes, channel, events if len(events) > 1 else [])
        shown = [
            present(id=channel.id, loginstate=channel["loginstate"], agentstate=channel["agentstate"])
            for channel in before
        ]
        return Settled(events=told(), data={"channels": shown})

    # Channel

    def _channel_activate(self, channel: Thing, data: dict[str, Any]) -> Settled:
        return self._channelgroup_activate(channel, data)

    def _channel_deactivate(self, channel: Thing, data: dict[str, Any]) -> Settled:
        return self._channelgroup_deactivate(channel, data)

    def _channel_ready(self, channel: Thing, _: dict[str, Any]) -> Settled:
        self._make_ready(channel)
        return Settled(events=pair(channel))

    def _channel_notready(self, channel: Thing, data: dict[str, Any]) -> Settled:
        self._make_not_ready(channel, data)
        return Settled(events=pair(channel))

    def _channel_externaldispositions(self, channel: Thing, _: dict[str, Any]) -> Settled:
        shown = {"dispositions": _codes(self.ask("ListDispositions", endpoint=channel["endpoint"]))}
        return Settled(events=[Tell("channel.externaldispositions.updated", channel, shown)])

    # Steps

    def _refuse_if_engaged(self, *channels: Thing) -> None:
        if any(self.interactions(channel) for channel in channels):
            raise Fail(Code.INTERACTION_ACTIVE)

    def _log_in(self, channel: Thing, options: dict[str, str]) -> None:
        if channel["loginstate"] == LoginState.UNAVAILABLE:
            raise Fail(Code.CHANNEL_UNAVAILABLE)
        if not channel.active:
            self.learn(channel, self.ask("ActivateChannel", endpoint=channel["endpoint"], options=options))

    def _log_out(self, channel: Thing, options: dict[str, str]) -> None:
        if channel.active:
            self._refuse_if_engaged(channel)
            self.learn(channel, self.ask("DeactivateChannel", endpoint=channel["endpoint"], options=options))

    def _make_ready(self, channel: Thing) -> None:
        if not channel.is_ready():
            self.set_state(channel, AgentState.READY, None)

    def _make_not_ready(self, channel: Thing, data: dict[str, Any]) -> None:
        """Wrap-ups begin anew."""
        self.set_state(channel, AgentState.NOTREADY, data.get("reason", {}).get("code"))
        for it in self.interactions(channel):
            self.set_timer(it)

    def set_state(self, channel: Thing, wanted: AgentState, reason: str | None) -> None:
        call = {"endpoint": channel["endpoint"], "agentstate": wanted, "reason": reason}
        self.learn(channel, self.ask("SetAgentState", **call))

    def _new_channel(self, report: ChannelReport, parent: Thing, there: tuple[InteractionReport, ...] = ()) -> Told:
        """`there`: interactions that exist, some of them at this channel."""
        facts = {"endpoint": report.endpoint, "type": report.type, "name": report.name, "completed": frozenset()}
        channel = Thing("channel", None, parent, facts)
        self.learn(channel, report)
        self.things.append(channel)
        events: Told = []
        for interaction in [each for each in there if each.endpoint == report.endpoint]:
            if interaction.channel is not None:
                self.learn(channel, interaction.channel)
            events += self.begin(channel, interaction)
        return [Tell("channel.created", channel), updated(channel), *events, Tell("channel.initialized", channel)]

    def _new_group(self, report: GroupReport, there: tuple[InteractionReport, ...] = ()) -> Told:
        group = Thing("channelgroup", None, self.session, {"name": report.name})
        self.things.append(group)
        channels = [event for channel in report.channels for event in self._new_channel(channel, group, there)]
        return [Tell("channelgroup.created", group), updated(group), *channels, Tell("channelgroup.initialized", group)]

    def _end_channel(self, channel: Thing) -> Told:
        """The pair tells the final state: logged out."""
        self.things.remove(channel)
        told = pair(channel) if channel.active else []
        channel.facts.update(dict.fromkeys(STATE_FACTS), loginstate=LoginState.INACTIVE)
        return [*told, Tell("channel.disposed", channel)]


def _codes(listed: Any) -> list[dict[str, str]]:
    return [{"code": each.code, "name": each.name} for each in listed]
