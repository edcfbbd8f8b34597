"""Talking to a session without a socket."""

from typing import Any

import attrs
import trio

from engine.sessions.items import Asked
from engine.sessions.registry import Entry, Fresh
from protocol.commands import Resume
from protocol.errors import Refused
from protocol.results import BindOutcome, Bound
from protocol.wire import read_request
from tests.engine.sessions.conftest import World
from tests.fakes.desktop import FakeDesktop

PAIR = ["channel.infochanged", "state.updated"]
"""How every change of a channel is told."""


@attrs.define
class Talk:
    """One desktop and one session."""

    entry: Entry
    desktop: FakeDesktop
    token: str = ""
    bound: list[Bound] = attrs.field(factory=list)
    refused: list[Refused] = attrs.field(factory=list)

    @property
    def id(self) -> str:
        return self.entry.actor.session

    async def bind(self, resume: Resume | None = None) -> BindOutcome | None:
        await self.entry.actor.bind(self.desktop, resume, self.bound.append, self.refused.append)
        await trio.testing.wait_all_tasks_blocked()
        return self.bound[-1].outcome if self.bound else None

    def send(self, command: str, data: dict[str, Any] | None = None, path: str = "", **more: Any) -> bool:
        target = ".".join(filter(None, (self.id, path)))
        request = read_request({"command": command, "target": target, "data": data or {}, **more})
        unbind = command == "unbindSession"
        try:
            self.entry.actor.submit(Asked(request, trio.current_time(), self.desktop, unbind=unbind))
        except Refused as refusal:
            self.refused.append(refusal)
            return False
        return True

    async def ask(self, *arguments: Any, **more: Any) -> list[dict[str, Any]]:
        """Send, and return all that comes of it."""
        assert self.send(*arguments, **more)
        await trio.testing.wait_all_tasks_blocked()
        return self.desktop.take()


async def prepared(world: World, agent: str = "ada", *, override: bool = False) -> Talk:
    fresh = await world.registry.prepare(agent, override=override, groups=())
    assert isinstance(fresh, Fresh)
    return Talk(fresh.entry, FakeDesktop(world.nursery), fresh.token)


async def started(world: World, agent: str = "ada") -> Talk:
    talk = await prepared(world, agent)
    await talk.bind()
    await talk.ask("session.start")
    return talk


async def with_ready_channel(world: World) -> Talk:
    talk = await started(world)
    await talk.ask("session.addchannel", {"channel": {"endpoint": "4001", "type": "Telephony"}})
    await talk.ask("channel.activate", path="c1")
    await talk.ask("channel.ready", path="c1")
    return talk


def resume(talk: Talk, seq: int, epoch: int = 1) -> Resume:
    return Resume(token=talk.token, epoch=epoch, seq=seq)


def names(messages: list[dict[str, Any]]) -> list[str]:
    """Events by name, responses by their result or failure code."""
    return [message.get("name") or message.get("failure", {}).get("code") or message["result"] for message in messages]
