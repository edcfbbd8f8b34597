"""The control over HTTP in front of a switch whose time the test has in hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs
import httpx2

from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings, demo_settings
from engine.config import Operator
from engine.http.app import make_app
from engine.observe import Metrics
from engine.security.door import Door
from engine.security.identities import Identities
from engine.simulation.access import Access
from engine.simulation.control import control_routes
from engine.simulation.days import Days
from engine.simulation.operations import Stage

HOST: Final = "127.0.0.1:8080"


@attrs.define
class FakeClock:
    """Takes note of the speed; the test advances the switch by hand."""

    speed: float = 1.0


def person_of(id_: str, key: str) -> Operator:
    """An operator, as the configuration has one."""
    return Operator(id=id_, key=key)


def door(*operators: Operator) -> Door:
    return Door(Identities(operators=operators))


class Healthy:
    def unready_reasons(self) -> list[str]:
        return []


@attrs.define
class Controlled:
    """A switch, and a client of its control. Raises AssertionError where an answer is not as it must be."""

    switch: Switch
    clock: FakeClock
    days: Days
    client: httpx2.AsyncClient

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        if body is not None:
            more["json"] = body
        return await self.client.request(method, f"/simulator{path}", **more)

    async def made(self, path: str, body: Any) -> Any:
        """What was made by a post."""
        answer = await self.ask("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def done(self, path: str, body: Any = None) -> None:
        """A post that answers nothing."""
        answer = await self.ask("POST", path, body)
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    async def seen(self, path: str = "") -> Any:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def failed(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str, str]:
        """Status, code and message."""
        answer = await self.ask(method, path, body, **more)
        failure = answer.json()["failure"]
        assert set(failure) == {"code", "message"}
        return answer.status_code, failure["code"], failure["message"]

    def advance(self, by_s: float) -> None:
        self.switch.advance(self.switch.timers.now + by_s)


@asynccontextmanager
async def controlled(
    *operators: Operator, demo: bool = False, settings: SimulatorSettings | None = None, host: str = HOST
) -> AsyncIterator[Controlled]:
    """The application that the server serves, without the server."""
    switch, clock = Switch(demo_settings() if settings is None else settings), FakeClock()
    days = Days(switch, clock)
    routes = control_routes(Stage(switch, days), Access(None if demo else door(*operators)))
    transport = httpx2.ASGITransport(make_app(Healthy(), Metrics(), routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        yield Controlled(switch, clock, days, client)
