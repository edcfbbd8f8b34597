"""An agent's desk without sockets: requests go in as JSON, messages come out as JSON, the platform is a fake."""

import json
from typing import Any

from engine.conformance.view import ClientView
from protocol.errors import Refused
from protocol.ids import SessionId
from protocol.platform import Feature, InteractionReport, Report
from protocol.states import DisposalCause
from protocol.wire import encode, read_request
from statemachines.core import SessionCore
from statemachines.effects import (
    Answered,
    Call,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    DesktopLost,
    Effect,
    End,
    Input,
    Reported,
    RequestCame,
    Send,
)
from statemachines.settings import CoreSettings
from statemachines.world import Session
from tests.fakes.platform import FakePlatform, channel

JsonObject = dict[str, Any]

SESSION = "s1"
ALL_FEATURES = frozenset(Feature)


class Desk:
    """One session core and its platform. Every method returns the messages that it brings about, in order."""

    def __init__(
        self,
        platform: FakePlatform | None = None,
        *,
        features: frozenset[Feature] = ALL_FEATURES,
        groups: tuple[str, ...] = (),
        settings: CoreSettings | None = None,
    ) -> None:
        session = Session.prepare(SessionId(SESSION), "agent1", features, groups)
        self.platform = platform or FakePlatform()
        self.core = SessionCore(session, settings or CoreSettings(), now=0.0)
        self.now = 0.0
        self.client = ClientView(SESSION)
        self.effects: list[Effect] = []
        """Of the last input, calls included."""

    def started(self) -> "Desk":
        self.ask("session.start")
        return self

    def ask(self, command: str, target: str = SESSION, data: JsonObject | None = None, **more: Any) -> list[JsonObject]:
        """Send one request. `target` may leave the session's id out: ".c1"."""
        target = f"{SESSION}{target}" if target.startswith(".") else target
        message = {"command": command, "target": target, **({} if data is None else {"data": data}), **more}
        return self.feed(RequestCame(read_request(message)))

    def report(self, report: Report) -> list[JsonObject]:
        """It has happened at the platform, which tells of it."""
        self.platform.note(report)
        return self.feed(Reported(report))

    def end(self, cause: DisposalCause, message: str = "the end") -> list[JsonObject]:
        return self.feed(End(cause, message))

    def lose_desktop(self) -> None:
        assert self.feed(DesktopLost()) == []

    def bind(self, *, reset: bool = False) -> None:
        assert self.feed(DesktopBound(reset)) == []
        if reset:
            self.client.start_anew(self.core.seq)

    def wait(self, seconds: float) -> list[JsonObject]:
        """Let the time pass up to the deadlines on the way."""
        until, messages = self.now + seconds, []
        while (deadline := self.core.next_deadline()) <= until:
            self.now = deadline
            messages += self.feed(DeadlineCame())
        self.now = until
        return messages

    def feed(self, given: Input) -> list[JsonObject]:
        """Go on until the platform is asked nothing more."""
        self.effects = list(self.core.handle(given, now=self.now))
        while self.effects and isinstance(call := self.effects[-1], Call):
            self.effects[-1:] = self.core.handle(self._outcome(call), now=self.now)
        messages = [
            json.loads(encode(effect.message, seq=effect.seq, context=effect.context))
            for effect in self.effects
            if isinstance(effect, Send)
        ]
        for message in messages:
            self.client.take(message)
        self.client.check_settled()
        return messages

    def _outcome(self, call: Call) -> Input:
        try:
            return Answered(self.platform.answer(call.call))
        except Refused as refusal:
            return CallRefused(refusal.code, refusal.message)


def story(messages: list[JsonObject]) -> list[tuple[str, str]]:
    """Responses as (result or failure code, target), events as (name, target); targets without the session's id."""
    told = []
    for message in messages:
        what = message.get("name") or message.get("failure", {}).get("code") or message["result"]
        told.append((what, message["target"].removeprefix(SESSION)))
    return told


# In short


def with_channel(state: str = "INACTIVE") -> Desk:
    """Started, with the standalone channel c1."""
    return Desk(FakePlatform().with_channels(channel("4001", state))).started()


def with_group(*states: str) -> Desk:
    """Started, with the group g1 and its channels c1, c2 …"""
    reports = [channel(f"400{n}", state) for n, state in enumerate(states, 1)]
    return Desk(FakePlatform().with_group("Sales", *reports)).started()


def with_interaction(
    it: InteractionReport,
    *,
    state: str = "READY",
    wrapup_s: float | None = None,
    features: frozenset[Feature] = ALL_FEATURES,
) -> Desk:
    """Started, with the standalone channel c1 and on it the interaction i1, whose legs are v1, v2 …"""
    fake = FakePlatform(wrapup_s=wrapup_s).with_channels(channel(it.endpoint, state))
    desk = Desk(fake, features=features).started()
    desk.report(it)
    return desk


# Parts of a story, as the specification names them


def su(target: str) -> tuple[str, str]:
    return ("state.updated", target)


def pair(target: str) -> list[tuple[str, str]]:
    """A changed channel."""
    return [("channel.infochanged", target), su(target)]


def completion(target: str) -> list[tuple[str, str]]:
    """An interaction that is done with."""
    return [
        ("interaction.completed", target),
        ("interaction.disposed", target),
        *pair(target.rpartition(".")[0]),
    ]


def wrapup(target: str) -> list[tuple[str, str]]:
    """What follows interaction.ended where wrap-up is due."""
    return [su(target), *pair(target.rpartition(".")[0])]
