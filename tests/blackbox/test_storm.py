"""Agents who sit at each other's phones, all at once, at connections that break: in the end all know the same.

Source: specs/protocol.md, "Ordering".
"""

import contextlib
import random
from collections import Counter
from typing import Final

from engine.conformance.view import JsonObject
from tests.blackbox.client import GROUP, AgentSession, Desktop, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.together import without_ids

AGENTS: Final = 30
DESKTOPS: Final = 6
ROUNDS: Final = 12
REQUESTS: Final = 6
PHONES: Final = [str(4001 + n) for n in range(8)]
SEED: Final = 20

PLATFORM: Final = """
[simulator]
latency_ms = 1
not_ready_reasons = [{code = "BREAK", name = "Break"}]
"""


def any_request(chance: random.Random, session: AgentSession) -> tuple[str, str, JsonObject]:
    """To one of the objects that the client knows now; it may be gone when the request comes."""
    objects = [known for known in session.view.objects.values() if chance.random() < 0.5]
    for known in objects:
        path = known.target.partition(".")[2]
        if known.kind == "channelgroup":
            verb = chance.choice(["activateall", "deactivateall", "ready", "notready"])
            return f"channelgroup.{verb}", path, {}
        verb = chance.choice(
            ["activate", "activate", "ready", "ready", "notready", "deactivate", "externaldispositions"]
        )
        return f"channel.{verb}", path, {"reason": {"code": "BREAK"}} if verb == "notready" else {}
    standalone = session.view.children(session.id, "channel")
    groups = session.view.children(session.id, "channelgroup")
    if standalone and chance.random() < 0.3:
        return "session.removechannel", "", {"channel": {"id": chance.choice(standalone)}}
    if groups and chance.random() < 0.3:
        return "session.removechannelgroup", "", {"channelgroup": {"id": groups[0]}}
    if chance.random() < 0.4:
        return "session.addchannelgroup", "", GROUP
    return "session.addchannel", "", {"channel": {"endpoint": chance.choice(PHONES), "type": "Telephony"}}


class Storm:
    """All sessions and their connections."""

    def __init__(self, url: str, stack: contextlib.ExitStack) -> None:
        self.chance = random.Random(SEED)
        self.heard: Counter[str] = Counter()
        self._url, self._stack = url, stack
        self.desktops = [self._connect() for _ in range(DESKTOPS)]
        self.sessions = [self.desktops[n % DESKTOPS].session_of(f"agent{n + 1}") for n in range(AGENTS)]
        for session in self.sessions:
            session.do("session.start")

    def _connect(self) -> Desktop:
        return self._stack.enter_context(Desktop(self._url, batched=self.chance.random() < 0.5))

    def blow(self, number: int) -> None:
        """One round: everybody asks for much, a connection breaks, and everybody hears what came of it."""
        for session in self.sessions:
            for n in range(REQUESTS):
                command, path, data = any_request(self.chance, session)
                session.send(command, path, data, requestid=f"{number}-{n}")
        broken = self._break(self.chance.randrange(DESKTOPS))
        for session in self.sessions:
            messages = session.settle()
            answered = [message["requestid"] for message in messages if "command" in message]
            assert answered == [f"{number}-{n}" for n in range(len(answered))]
            assert session in broken or len(answered) == REQUESTS
            self.heard.update(told(messages))

    def _break(self, which: int) -> list[AgentSession]:
        """Cut a connection and resume at another one; what was on its way to the server may be lost."""
        old, new = self.desktops[which], self._connect()
        self.desktops[which] = new
        old.cut()
        sessions = [session for session in self.sessions if session.desktop is old]
        for session in sessions:
            session.resume(new)
        return sessions

    def calm_down(self) -> None:
        """Nobody does anything any longer: what a client knows is what the platform says."""
        for session in self.sessions:
            session.settle()
        for n, session in enumerate(self.sessions):
            new = session.desktop.session_of(f"agent{n + 1}")
            new.do("session.start")
            assert without_ids(new.view) == without_ids(session.view)


def test_a_storm(serve: Serve) -> None:
    """Every request is answered once, no promise of the order is broken, and no client is left with a wrong picture."""
    server = serve(config(PLATFORM, agents=AGENTS))
    with contextlib.ExitStack() as stack:
        storm = Storm(server.agent_url, stack)
        for number in range(ROUNDS):
            storm.blow(number)
        storm.calm_down()
    for what in (
        "channel.ready: success",
        "channel.activate: INVALID_STATE",
        "session.addchannel: CHANNEL_UNAVAILABLE",
    ):
        assert storm.heard[what], f"the storm did not come to {what!r}"
