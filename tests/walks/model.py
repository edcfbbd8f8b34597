"""What a session does, read from the specification in the plainest way; the random walk holds the core to it.

The model is a chain of themes: world, capabilities, contacts, channels, calls, media. This is its face.
"""

import contextlib
import functools
import math
from collections.abc import Callable
from typing import Any, cast

from protocol.errors import FailureCode as Code
from protocol.platform import ChannelReport, Feature
from protocol.states import AgentState, LoginState, RecordingState
from protocol.states import InteractionState as It
from tests.walks.media import Media
from tests.walks.telling import group_of, is_call, pair
from tests.walks.words import STATE_FACTS, Fail, Settled, Tell, Thing, Told

NOT_READY_AFTER_S, LOGOUT_AFTER_S = 30.0, 300.0


class Model(Media):
    """A whole session."""

    # Requests

    def request(self, command: str, target: str, data: dict[str, Any]) -> Settled:
        """A well-formed request, by the canonical name of its command."""
        if (self.state == "PREPARED") != (command == "session.start"):
            raise Fail(Code.NOT_STARTED if self.state == "PREPARED" else Code.ALREADY_STARTED)
        subject = self.find(target)
        if subject is None or subject.kind != command.split(".")[0]:
            raise Fail(Code.INVALID_TARGET)
        named = self._named(command, subject, data)
        type_needed = {Feature(data["channel"]["type"].lower())} if command == "session.addchannel" else set()
        if not self.can(command, subject) or not type_needed <= self.features:
            raise Fail(Code.UNSUPPORTED)
        if command not in self.capabilities(subject) and command != "session.start":
            self._excepted(command, subject, named)
        perform = getattr(self, "_" + command.replace(".request.", ".").replace(".", "_"))
        if subject.kind == "interaction":
            return self.about(subject, lambda: cast(Settled, perform(subject, data)))
        if subject.kind == "conversation":
            return self.about(subject.owner, lambda: cast(Settled, perform(subject, data)))
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
        raise Fail(Code.INVALID_TARGET)

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
            case "interaction.recording.start":
                holds = self._is_call_with(subject, RecordingState.RECORDING)
            case "interaction.recording.stop":
                holds = self._is_call_with(subject, RecordingState.STOPPED)
            case _:
                holds = False
        if not holds:
            raise Fail(Code.INVALID_STATE)

    @staticmethod
    def _is_call_with(it: Thing, recording: RecordingState) -> bool:
        """Has a call started, and is it recorded so?"""
        report = it["report"]
        return is_call(it) and report.state == It.STARTED and report.recording == recording

    # Not asked for by a client

    def reported(self, report: ChannelReport) -> Told:
        """The platform tells of a channel: a sound report."""
        channel = self.channel_at(report.endpoint)
        if channel is None or self.state != "INITIALIZED":
            return []
        before = {fact: channel[fact] for fact in STATE_FACTS}
        self.learn(channel, report)
        if before == {fact: channel[fact] for fact in STATE_FACTS}:
            return []
        return [*pair(channel), *(group_of(channel) if channel["loginstate"] != before["loginstate"] else [])]

    def desktop_lost(self, now: float) -> None:
        self.not_ready_at, self.logout_at = now + NOT_READY_AFTER_S, now + LOGOUT_AFTER_S

    def desktop_bound(self, *, reset: bool) -> None:
        self.not_ready_at = self.logout_at = math.inf
        if reset:  # what is there stays until the start tells it anew: somebody may have to be parked
            self.state = "PREPARED"

    # Deadlines

    def deadline(self) -> float:
        return min([self.not_ready_at, self.logout_at, *(at for at, _, _ in self._timers())])

    def due(self, now: float) -> "tuple[str, Action]":
        """What is to be done, now that a deadline has come."""
        if now >= self.logout_at:
            self.not_ready_at = self.logout_at = math.inf
            return "expire", Model.expire
        if now >= self.not_ready_at:
            self.not_ready_at = now + NOT_READY_AFTER_S
            return "park", Model.park
        return next((what, action) for at, what, action in self._timers() if now >= at)

    def _timers(self) -> "list[tuple[float, str, Action]]":
        """Those of interactions: when, and what is to be done then."""
        if self.state != "INITIALIZED":
            return []
        found: list[tuple[float, str, Action]] = []
        for it in self.interactions():
            target = str(it.target)
            if it["forget_at"] is not None:
                found.append((it["forget_at"], "forgotten", functools.partial(Model.forget, target=target)))
            elif it["report"].state == It.ENDED and it["complete_at"] is not None:
                found.append((it["complete_at"], "wrap-up over", functools.partial(Model.wrapup_ends, target=target)))
        return found

    def park(self) -> Settled:
        """Nobody is there: ready channels go not ready, each for itself."""
        events: Told = []
        for channel in self.channels():
            if channel.active and channel.is_ready():
                before = dict(channel.facts)
                try:
                    self.set_state(channel, AgentState.NOTREADY, "CONNECTION_LOST")
                except Fail:
                    continue
                events += pair(channel) if channel.facts != before else []
        return Settled(events=events if self.state == "INITIALIZED" else [])

    def expire(self) -> Settled:
        """Nobody came back: the agent is logged out, whatever the platform says to it."""
        if self.watched:
            try:
                self.ask("LogoutAgent", reason="CONNECTION_LOST")
            except Fail as failure:  # a platform may take none but its own reasons
                if failure.codes & {Code.INVALID_REASON, Code.REASON_REQUIRED}:
                    with contextlib.suppress(Fail):
                        self.ask("LogoutAgent", reason=None)
        self.state = "DISPOSED"
        return Settled(events=[Tell("session.disposed", self.session)], over=True)


Action = Callable[[Model], Settled]
