"""What a session does, read from the specification in the plainest way; the random walk holds the core to it.

A request is played from its beginning on a copy of the world with the platform's outcomes so far. Where one more is
needed, the play ends with the call to be made; where none is, with what the client must be told. So there is no
state in the middle of a request, and what a refusal must leave unchanged is the copy thrown away.
"""

import contextlib
import copy
import math
from collections.abc import Callable, Iterator
from typing import Any, cast

import attrs

from protocol.errors import FailureCode as Code
from protocol.platform import Feature
from protocol.states import AgentState, ChannelType, LoginState
from tests.walks.words import STATE_FACTS, Asks, Denied, Granted, Settled, Thing, Told

NOT_READY_AFTER_S, LOGOUT_AFTER_S = 30.0, 300.0


class _Ask(Exception):
    def __init__(self, call: str, fields: dict[str, Any]) -> None:
        super().__init__(call)
        self.asks = Asks(call, fields)


class _Fail(Exception):
    def __init__(self, *codes: Code, by_platform: bool = False) -> None:
        super().__init__(*codes)
        self.codes = frozenset(codes)
        self.by_platform = by_platform


@attrs.define
class Model:
    """One session. Facts about channels are those of the platform's reports."""

    features: frozenset[Feature]
    session: Thing
    wanted: tuple[str, ...] = ()
    watched: bool = False
    """The platform was asked to watch the agent, and so must be asked to log the agent out."""
    state: str = "PREPARED"
    things: list[Thing] = attrs.field(factory=list)
    """Groups and channels, in the order of their making."""
    not_ready_at: float = math.inf
    logout_at: float = math.inf
    _outcomes: Iterator[Granted | Denied] = attrs.field(factory=lambda: iter(()), repr=False)

    # Looking

    def groups(self) -> list[Thing]:
        return [thing for thing in self.things if thing.kind == "channelgroup"]

    def channels(self, parent: Thing | None = None) -> list[Thing]:
        """Those of one parent; or all, the groups' ones first."""
        if parent is not None:
            return [thing for thing in self.things if thing.kind == "channel" and thing.parent is parent]
        return [channel for owner in (*self.groups(), self.session) for channel in self.channels(owner)]

    def find(self, target: str) -> Thing | None:
        return next((thing for thing in (self.session, *self.things) if thing.target == target), None)

    def capabilities(self, thing: Thing) -> frozenset[str]:
        """The commands that are open to a thing now."""
        match thing.kind:
            case "session":
                names = {f"session.{verb}" for verb in SESSION_VERBS} if self.state == "INITIALIZED" else set()
            case "channelgroup":
                members = self.channels(thing)
                names = set()
                if any(member["loginstate"] == LoginState.INACTIVE for member in members):
                    names |= {"channelgroup.activate", "channelgroup.activateall"}
                if any(member.active for member in members):
                    names |= {f"channelgroup.{verb}" for verb in ("deactivate", "deactivateall", "ready", "notready")}
            case _:
                names = {"channel.externaldispositions"}
                if thing["loginstate"] == LoginState.INACTIVE:
                    names |= {"channel.activate"}
                if thing.active:
                    names |= {"channel.deactivate", "channel.notready"}
                    names |= {"channel.dial"} if thing["type"] == ChannelType.TELEPHONY else set()
                    names |= set() if thing.is_ready() else {"channel.ready"}
        return frozenset(name for name in names if FEATURE_OF.get(name) in (None, *self.features))

    # Playing

    def play(self, action: "Action", outcomes: list[Granted | Denied]) -> "tuple[Model, Asks | Settled]":
        """What `action` leads to after these outcomes, and the world that it leaves."""
        world = copy.deepcopy(self)
        world._outcomes = iter(outcomes)
        try:
            return world, action(world)
        except _Ask as question:
            self.watched |= question.asks.call == "StartAgent"
            return self, question.asks
        except _Fail as failure:
            return self, Settled(codes=failure.codes, by_platform=failure.by_platform)

    def ask(self, call: str, **fields: Any) -> Any:
        match next(self._outcomes, None):
            case Granted(value):
                return value
            case Denied(code):
                raise _Fail(code, by_platform=True)
            case None:
                raise _Ask(call, fields)

    def request(self, command: str, target: str, data: dict[str, Any]) -> Settled:
        """A well-formed request, by the canonical name of its command."""
        if (self.state == "PREPARED") != (command == "session.start"):
            raise _Fail(Code.NOT_STARTED if self.state == "PREPARED" else Code.ALREADY_STARTED)
        subject = self.find(target)
        if subject is None or subject.kind != command.split(".")[0]:
            raise _Fail(Code.INVALID_TARGET)
        named = self._named(command, subject, data)
        needed = {FEATURE_OF.get(command)}
        if command == "session.addchannel":
            needed.add(Feature(data["channel"]["type"].lower()))
        if not needed <= {None, *self.features} or command in NOT_YET:
            raise _Fail(Code.UNSUPPORTED)
        if command not in self.capabilities(subject) and command != "session.start":
            self._excepted(command, subject, named)
        perform = getattr(self, "_" + command.replace(".request.", ".").replace(".", "_"))
        return cast(Settled, perform(named or subject, data))

    def _named(self, command: str, subject: Thing, data: dict[str, Any]) -> Thing | None:
        """What the data names by its id."""
        match command:
            case "session.removechannel" | "channelgroup.activate" | "channelgroup.deactivate":
                among, wanted = self.channels(subject), data["channel"]["id"]
            case "session.removechannelgroup":
                among, wanted = self.groups(), (data.get("channelgroup") or data["channel"])["id"]
            case _:
                return None
        for thing in among:
            if thing.id == wanted:
                return thing
        raise _Fail(Code.INVALID_TARGET)

    def _excepted(self, command: str, subject: Thing, named: Thing | None) -> None:
        """Closed, and yet to succeed, because what is asked for holds already."""
        members = self.channels(subject)
        match command:
            case "channel.ready":
                holds = subject.is_ready()
            case "channelgroup.activate" | "channelgroup.deactivate" if named:
                wish = LoginState.ACTIVE if command == "channelgroup.activate" else LoginState.INACTIVE
                holds = named["loginstate"] == wish
            case "channelgroup.activateall":
                holds = bool(members) and all(member.active for member in members)
            case "channelgroup.deactivateall":
                holds = bool(members) and not any(member.active for member in members)
            case _:
                holds = False
        if not holds:
            raise _Fail(Code.INVALID_STATE)

    # Session

    def _session_start(self, session: Thing, data: dict[str, Any]) -> Settled:
        if self.wanted and Feature.CHANNELGROUPS not in self.features:
            raise _Fail(Code.UNSUPPORTED)
        snapshot = self.ask("StartAgent", extension=data.get("extension"))
        joined = [
            self.ask("AddGroup", name=name)
            for name in dict.fromkeys(self.wanted)
            if name not in [group.name for group in snapshot.groups]
        ]
        self.things = []
        events = [event for group in (*snapshot.groups, *joined) for event in self._new_group(group)]
        events += [event for channel in snapshot.channels for event in self._new_channel(channel, session)]
        self.state, self.wanted = "INITIALIZED", ()
        return Settled(events=[*events, ("session.initialized", session)])

    def _session_logout(self, _: Thing, data: dict[str, Any]) -> Settled:
        self.ask("LogoutAgent", reason=data.get("reason", {}).get("code"))
        self.state = "DISPOSED"
        return Settled(over=True)

    def _session_addchannel(self, session: Thing, data: dict[str, Any]) -> Settled:
        endpoint = data["channel"]["endpoint"]
        if any(channel["endpoint"] == endpoint for channel in self.channels()):
            raise _Fail(Code.ALREADY_EXISTS)
        report = self.ask("AddChannel", endpoint=endpoint, type=data["channel"]["type"].upper())
        return Settled(events=self._new_channel(report, session))

    def _session_removechannel(self, channel: Thing, _: dict[str, Any]) -> Settled:
        self.ask("RemoveChannel", endpoint=channel["endpoint"])
        return Settled(events=self._end_channel(channel))

    def _session_addchannelgroup(self, _: Thing, data: dict[str, Any]) -> Settled:
        wanted = data["channelgroup"]
        if any(group["name"] == wanted["name"] for group in self.groups()):
            raise _Fail(Code.ALREADY_EXISTS)
        return Settled(events=self._new_group(self.ask("AddGroup", **wanted)))

    def _session_removechannelgroup(self, group: Thing, _: dict[str, Any]) -> Settled:
        self.ask("RemoveGroup", name=group["name"])
        events = [event for channel in self.channels(group) for event in self._end_channel(channel)]
        self.things.remove(group)
        return Settled(events=[*events, ("state.updated", group), ("channelgroup.disposed", group)])

    def _session_getdirectory(self, _: Thing, __: dict[str, Any]) -> Settled:
        self.ask("ListDirectory")
        return Settled()

    def _session_externalnotreadyreasons(self, session: Thing, _: dict[str, Any]) -> Settled:
        self.ask("ListNotReadyReasons")
        return Settled(events=[("session.externalnotreadyreasons.updated", session)])

    def _session_externallogoutreasons(self, session: Thing, _: dict[str, Any]) -> Settled:
        self.ask("ListLogoutReasons")
        return Settled(events=[("session.externallogoutreasons.updated", session)])

    # Channel group

    def _channelgroup_activate(self, channel: Thing, _: dict[str, Any]) -> Settled:
        self._log_in(channel)
        return Settled(events=[*_pair(channel), *_group_of(channel)])

    def _channelgroup_deactivate(self, channel: Thing, _: dict[str, Any]) -> Settled:
        if channel["loginstate"] == LoginState.UNAVAILABLE:
            raise _Fail(Code.CHANNEL_UNAVAILABLE)
        self._log_out(channel)
        return Settled(events=[*_pair(channel), *_group_of(channel)])

    def _channelgroup_activateall(self, group: Thing, _: dict[str, Any]) -> Settled:
        return self._one_after_another(group, self._log_in)

    def _channelgroup_deactivateall(self, group: Thing, _: dict[str, Any]) -> Settled:
        return self._one_after_another(group, self._log_out)

    def _channelgroup_ready(self, group: Thing, _: dict[str, Any]) -> Settled:
        return self._one_after_another(group, self._make_ready, only_active=True)

    def _channelgroup_notready(self, group: Thing, data: dict[str, Any]) -> Settled:
        return self._one_after_another(group, lambda channel: self._make_not_ready(channel, data), only_active=True)

    def _one_after_another(self, group: Thing, step: Callable[[Thing], None], *, only_active: bool = False) -> Settled:
        """Stops at the first failure, without rollback; a failure with something changed is told all the same."""
        before = {channel: dict(channel.facts) for channel in self.channels(group)}

        def told() -> Told:
            changed = [channel for channel, facts in before.items() if channel.facts != facts]
            return [*[event for channel in changed for event in _pair(channel)], ("state.updated", group)]

        for channel in [each for each in before if each.active or not only_active]:
            try:
                step(channel)
            except _Fail as failure:
                events = told()
                return Settled(failure.codes, channel, events if len(events) > 1 else [], failure.by_platform)
        return Settled(events=told())

    # Channel

    def _channel_activate(self, channel: Thing, _: dict[str, Any]) -> Settled:
        return self._channelgroup_activate(channel, _)

    def _channel_deactivate(self, channel: Thing, _: dict[str, Any]) -> Settled:
        return self._channelgroup_deactivate(channel, _)

    def _channel_ready(self, channel: Thing, _: dict[str, Any]) -> Settled:
        self._make_ready(channel)
        return Settled(events=_pair(channel))

    def _channel_notready(self, channel: Thing, data: dict[str, Any]) -> Settled:
        self._make_not_ready(channel, data)
        return Settled(events=_pair(channel))

    def _channel_externaldispositions(self, channel: Thing, _: dict[str, Any]) -> Settled:
        self.ask("ListDispositions", endpoint=channel["endpoint"])
        return Settled(events=[("channel.externaldispositions.updated", channel)])

    # Not asked for by a client

    def reported(self, report: Any) -> Told:
        """The platform tells of a channel: a sound report."""
        for channel in self.channels():
            if channel["endpoint"] == report.endpoint and self.state == "INITIALIZED":
                login, before = channel["loginstate"], dict(channel.facts)
                self._learn(channel, report)
                if channel.facts != before:
                    return [*_pair(channel), *(_group_of(channel) if channel["loginstate"] != login else [])]
        return []

    def desktop_lost(self, now: float) -> None:
        self.not_ready_at, self.logout_at = now + NOT_READY_AFTER_S, now + LOGOUT_AFTER_S

    def desktop_bound(self, *, reset: bool) -> None:
        self.not_ready_at = self.logout_at = math.inf
        if reset:  # what is there stays until the start tells it anew: somebody may have to be parked
            self.state = "PREPARED"

    def expires(self, now: float) -> bool:
        """A deadline has come: does it end the session? Otherwise ready channels are to be parked."""
        if now >= self.logout_at:
            self.not_ready_at = self.logout_at = math.inf
            return True
        self.not_ready_at = now + NOT_READY_AFTER_S
        return False

    def park(self) -> Settled:
        """Nobody is there: ready channels go not ready, each for itself."""
        events: Told = []
        for channel in self.channels():
            if channel["agentstate"] == AgentState.READY:
                before = dict(channel.facts)
                try:
                    self._make_not_ready(channel, {"reason": {"code": "CONNECTION_LOST"}})
                except _Fail:
                    continue
                events += _pair(channel) if channel.facts != before else []
        return Settled(events=events if self.state == "INITIALIZED" else [])

    def expire(self) -> Settled:
        """Nobody came back: the agent is logged out, whatever the platform says to it."""
        if self.watched:
            with contextlib.suppress(_Fail):
                self.ask("LogoutAgent")
        self.state = "DISPOSED"
        return Settled(events=[("session.disposed", self.session)], over=True)

    # Steps

    def _log_in(self, channel: Thing) -> None:
        if channel["loginstate"] == LoginState.UNAVAILABLE:
            raise _Fail(Code.CHANNEL_UNAVAILABLE)
        if not channel.active:
            self._learn(channel, self.ask("ActivateChannel", endpoint=channel["endpoint"]))

    def _log_out(self, channel: Thing) -> None:
        if channel.active:
            self._learn(channel, self.ask("DeactivateChannel", endpoint=channel["endpoint"]))

    def _make_ready(self, channel: Thing) -> None:
        if not channel.is_ready():
            self._set_state(channel, AgentState.READY, None)

    def _make_not_ready(self, channel: Thing, data: dict[str, Any]) -> None:
        self._set_state(channel, AgentState.NOTREADY, data.get("reason", {}).get("code"))

    def _set_state(self, channel: Thing, wanted: AgentState, reason: str | None) -> None:
        call = {"endpoint": channel["endpoint"], "agentstate": wanted, "reason": reason}
        self._learn(channel, self.ask("SetAgentState", **call))

    def _learn(self, channel: Thing, report: Any) -> None:
        channel.facts.update({fact: getattr(report, fact) for fact in STATE_FACTS})

    def _new_channel(self, report: Any, parent: Thing) -> Told:
        facts = {"endpoint": report.endpoint, "type": report.type, "name": report.name}
        channel = Thing("channel", None, parent, facts)
        self._learn(channel, report)
        self.things.append(channel)
        return [("channel.created", channel), ("state.updated", channel), ("channel.initialized", channel)]

    def _new_group(self, report: Any) -> Told:
        group = Thing("channelgroup", None, self.session, {"name": report.name})
        self.things.append(group)
        channels = [event for channel in report.channels for event in self._new_channel(channel, group)]
        begin: Told = [("channelgroup.created", group), ("state.updated", group)]
        return [*begin, *channels, ("channelgroup.initialized", group)]

    def _end_channel(self, channel: Thing) -> Told:
        """The pair tells the final state: logged out."""
        self.things.remove(channel)
        pair = _pair(channel) if channel.active else []
        channel.facts.update(dict.fromkeys(STATE_FACTS), loginstate=LoginState.INACTIVE)
        return [*pair, ("channel.disposed", channel)]


Action = Callable[[Model], Settled]


def _pair(channel: Thing) -> Told:
    return [("channel.infochanged", channel), ("state.updated", channel)]


def _group_of(channel: Thing) -> Told:
    parent = channel.parent
    return [("state.updated", parent)] if parent is not None and parent.kind == "channelgroup" else []


SESSION_VERBS = (
    "logout",
    "addchannel",
    "removechannel",
    "addchannelgroup",
    "removechannelgroup",
    "request.getdirectory",
    "request.externalnotreadyreasons",
    "request.externallogoutreasons",
)

NOT_YET = ("channel.dial",)
"""Announced where the platform has it, and UNSUPPORTED in this release."""

FEATURE_OF = {
    "session.addchannelgroup": Feature.CHANNELGROUPS,
    "session.removechannelgroup": Feature.CHANNELGROUPS,
    "session.request.getdirectory": Feature.DIRECTORY,
    "session.request.externalnotreadyreasons": Feature.NOTREADY_REASONS,
    "session.request.externallogoutreasons": Feature.LOGOUT_REASONS,
    "channel.externaldispositions": Feature.DISPOSITIONS,
    "channel.dial": Feature.DIAL,
}
"""What the platform must be able to do, or the command is UNSUPPORTED."""
