"""A supervisor's seat without a socket."""

from typing import Any

import attrs
import trio

from engine.config import Supervisor
from engine.security.identities import Identities
from engine.supervision.desk import SupervisorDesk
from protocol.messages import Request
from protocol.wire import read_request
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import Talk, names, started
from tests.fakes.desktop import FakeDesktop

PEOPLE = Identities(
    [],
    [
        Supervisor(id="grace", password="secret-word", name="Grace Example"),
        Supervisor(id="hedy", password="other-word", team=("ada", "bob")),
    ],
)
GRACE = {"id": "grace", "password": "secret-word"}
HEDY = {"id": "hedy", "password": "other-word"}
WHY = "calls are waiting"

PAIR = ["channel.infochanged", "state.updated"]
SHOWN = "supervisor.message"


@attrs.define
class Seat:
    """One connection of a supervisor."""

    desk: SupervisorDesk
    desktop: FakeDesktop

    def send(self, command: str, target: str | None = None, data: dict[str, Any] | None = None, **more: Any) -> None:
        message = {"command": f"supervisor.{command}", "data": data or {}, **more}
        request = read_request(message if target is None else {**message, "target": target})
        assert isinstance(request, Request), request
        self.desk.take(request, trio.current_time())

    async def say(self, command: str, *arguments: Any, **more: Any) -> list[dict[str, Any]]:
        """Send one request, and return all that comes of it."""
        if command == "login":
            await self.log_in(**more)
        else:
            self.send(command, *arguments, **more)
        return await self.heard()

    async def log_in(self, **more: Any) -> None:
        request = read_request({"command": "supervisor.login", **more})
        assert isinstance(request, Request), request
        await self.desk.login(request, trio.current_time())

    async def heard(self) -> list[dict[str, Any]]:
        await trio.testing.wait_all_tasks_blocked()
        return self.desktop.take()

    def order(self, session: str, agentstate: str, channel: str = "c1", **more: Any) -> None:
        data = {"channel": {"id": channel}, "agentstate": agentstate, "why": WHY, **more}
        self.send("setagentstate", session, data)


def take_seat(world: World, desktop: FakeDesktop | None = None) -> Seat:
    """Nobody is logged in yet. `desktop`: the connection, which may have bound sessions as well."""
    desktop = desktop or FakeDesktop(world.nursery)
    desk = SupervisorDesk(desktop, registry=world.registry, identities=PEOPLE, metrics=world.metrics)
    return Seat(desk, desktop)


async def seated(world: World, who: dict[str, str] = GRACE, desktop: FakeDesktop | None = None) -> Seat:
    seat = take_seat(world, desktop)
    assert names(await seat.say("login", data={"supervisor": who})) == ["success"]
    return seat


async def working(world: World, agent: str = "ada", endpoint: str = "4001") -> Talk:
    """An agent's session with the channel c1, which is NOTREADY."""
    talk = await started(world, agent)
    await talk.ask("session.addchannel", {"channel": {"endpoint": endpoint, "type": "Telephony"}})
    await talk.ask("channel.activate", path="c1")
    return talk


def shown(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The session's messages among those that a watcher heard."""
    return [message["data"]["message"] for message in messages if message.get("name") == SHOWN]
