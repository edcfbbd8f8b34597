"""Case 1: kill -9 at random moments, under load and while it starts; all clients resume. In CI size and long."""

import asyncio
import time
from pathlib import Path
from typing import Final

from tests.faults.judge import ALL_BYTES, ALL_MESSAGES
from tests.faults.load import Outcome, Scene, under_load
from tests.faults.process import Server

__all__ = ["Outcome", "Server", "kill_and_restart"]

UNDER_LOAD: Final = 0.7
"""So many of the kills come after the fleet is at work again, the others perhaps while it is coming back."""
RESTARTED_S: Final = 10.0
"""Within so many seconds it is ready again."""
KILLS: Final = (Server.kill, Server.kill, Server.kill_both, Server.kill_writer)
"""One of these each time."""
STARTING: Final = 5
"""After every kill of so many the next start is killed, too, before it is ready."""
OPENING: Final = 0.7
"""So many of these come once the journal is being opened, the others anywhere in the start."""
OPENING_S: Final = 0.5
"""About so long that takes, until the server is ready."""


async def _kill_starting(scene: Scene, opening: float) -> None:
    """Start it and kill it again, at a random moment of its start."""
    server, chance = scene.server, scene.chance
    begun = time.monotonic()
    await asyncio.to_thread(server.launch)
    if chance.random() < opening:
        await scene.until(lambda: server.opens_journal, "the journal is opened", every_s=0.001)
        await asyncio.sleep(chance.uniform(0.0, OPENING_S))
    else:
        await asyncio.sleep(chance.uniform(0.0, min(scene.starts_s, default=1.0)))
    at_s = time.monotonic() - begun
    if await asyncio.to_thread(server.kill_starting, writer_too=chance.random() < 0.5):
        scene.killed_starting_s.append(at_s)


def kill_and_restart(
    folder: Path,
    *,
    agents: int,
    kills: int,
    seed: int = 1,
    module: str = "tests.faults.serve",
    apart_s: float = 1.0,
    history: int = ALL_MESSAGES,
    starting: int = STARTING,
    opening: float = OPENING,
) -> Outcome:
    """Raises Wrong when a desktop finds a promise broken on the way.

    `starting`: after every kill of so many the next start is killed, too; `opening`: such a share of these once the
    journal is being opened.
    `history`: so many messages of a session are kept; what is older is forgotten while the kills go on.
    """

    async def script(scene: Scene) -> None:
        await asyncio.sleep(1.0)
        for number in range(1, kills + 1):
            if scene.chance.random() < UNDER_LOAD:
                await scene.acknowledged(agents // 2)
            await asyncio.sleep(scene.chance.uniform(0.05, apart_s))
            await asyncio.to_thread(scene.chance.choice(KILLS), scene.server)
            if number % starting == 0:
                await _kill_starting(scene, opening)
            await scene.restart()
        await asyncio.sleep(0.5)

    arguments = ("--set", f"sessions.history_messages={history}", "--set", f"sessions.history_bytes={ALL_BYTES}")
    return under_load(folder, script, agents=agents, seed=seed, module=module, history=history, arguments=arguments)
