"""What a scenario leaves behind is ended, customers by the driver, the rest by commands that are announced as open."""

from collections.abc import Iterable
from typing import Any, Final

import trio

from engine.conformance.broken import Broken
from engine.conformance.desk import Desk, Floor, Missing, Session
from engine.conformance.drivers import ENDS, CannotDrive, Driver
from engine.conformance.line import CannotConnect

WAYS_OUT: Final = (
    "conversation.release",
    "interaction.reject",
    "interaction.release",
    "interaction.complete",
    "session.logout",
)
"""In the order in which they are tried; each is about what is at the head of the list of objects."""
MOST: Final = 40


async def tidy(floor: Floor, driver: Driver, made: Iterable[tuple[str, Any]]) -> None:
    """As far as the server lets it; a server that is broken keeps what it has. `made`: customers, who go away first."""
    for kind, handle in made:
        try:
            await driver.make(ENDS[kind], {kind: handle})
        except CannotDrive:  # has gone by itself
            await trio.lowlevel.checkpoint()
    for session in floor.sessions.values():
        try:
            await _end(floor, session)
        except (Missing, Broken, CannotConnect):
            await trio.lowlevel.checkpoint()


async def _end(floor: Floor, session: Session) -> None:
    for number in range(MOST):
        desk = floor.desks.get(session.binds)
        found = way_out(session)
        if desk is None or desk.over is not None or session.view.over or found is None:
            return
        await _ask(floor, desk, session, *found, f"tidy-{session.id}-{number}")


async def _ask(floor: Floor, desk: Desk, session: Session, command: str, target: str, requestid: str) -> None:
    session.news.clear()
    await floor.say(desk, {"command": command, "target": target, "requestid": requestid})

    def answered() -> bool:
        return desk.over is not None or any(message.get("requestid") == requestid for message in session.news)

    await floor.until(answered, f"the answer to {command}")


def way_out(session: Session) -> tuple[str, str] | None:
    """The next command on the way to the end of the session, and its target."""
    targets = [*session.view.objects, session.id]
    for command in WAYS_OUT:
        for target in targets:
            if session.view.may(target, command):
                return command, target
    return None
