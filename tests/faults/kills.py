"""Case 1: kill -9 at random moments under load, restarted, all clients resume. In CI size and long."""

import asyncio
from pathlib import Path
from typing import Final

from tests.faults.judge import ALL_BYTES, ALL_MESSAGES
from tests.faults.load import Outcome, Scene, under_load
from tests.faults.process import Server

__all__ = ["Outcome", "Server", "kill_and_restart"]

UNDER_LOAD: Final = 0.7
"""So many of the kills come after the fleet is at work again, the others perhaps while it is coming back."""
KILLS: Final = (Server.kill, Server.kill, Server.kill_both, Server.kill_writer)
"""One of these each time."""


def kill_and_restart(
    folder: Path,
    *,
    agents: int,
    kills: int,
    seed: int = 1,
    module: str = "tests.faults.serve",
    apart_s: float = 1.0,
    history: int = ALL_MESSAGES,
) -> Outcome:
    """Raises Wrong when a desktop finds a promise broken on the way.

    `history`: so many messages of a session are kept; what is older is forgotten while the kills go on.
    """

    async def script(scene: Scene) -> None:
        await asyncio.sleep(1.0)
        for _ in range(kills):
            if scene.chance.random() < UNDER_LOAD:
                await scene.acknowledged(agents // 2)
            await asyncio.sleep(scene.chance.uniform(0.05, apart_s))
            await asyncio.to_thread(scene.chance.choice(KILLS), scene.server)
            await scene.restart()
        await asyncio.sleep(0.5)

    arguments = ("--set", f"sessions.history_messages={history}", "--set", f"sessions.history_bytes={ALL_BYTES}")
    return under_load(folder, script, agents=agents, seed=seed, module=module, history=history, arguments=arguments)
