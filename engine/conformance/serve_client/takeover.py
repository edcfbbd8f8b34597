"""Another desktop, which takes the session of an agent over, and logs out at the end."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import trio

from engine.conformance.broken import Broken
from engine.conformance.desk import Floor, Missing
from engine.conformance.drivers import NoDriver
from engine.conformance.line import CannotConnect
from engine.conformance.messages import JsonObject
from engine.conformance.play import Mismatch, NotThere, Player
from engine.conformance.scenario import prelude_steps
from engine.conformance.serve_client.stage import NotTried
from engine.conformance.tidy import tidy


async def take_over(url: str, agent: JsonObject, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Raises NotTried."""
    problem = ""
    async with AsyncExitStack() as open_, trio.open_nursery() as nursery:
        floor = Floor(url, nursery, open_)
        player = Player(floor, NoDriver(), {"agent": agent.get("id"), "password": agent.get("password")})
        try:
            for step in prelude_steps("started"):
                await player.take(step)
            await meanwhile()
        except (Mismatch, Missing, Broken, NotThere, CannotConnect) as error:
            problem = f"the session cannot be taken over: {error}"
        await tidy(floor, NoDriver(), {}, ())
        nursery.cancel_scope.cancel()
    if problem:
        raise NotTried(problem)
