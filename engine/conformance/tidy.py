"""What a scenario leaves behind is ended, customers by the driver, the rest by commands that are announced as open."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import trio

from engine.conformance.broken import Broken
from engine.conformance.desk import Desk, Floor, Missing, Session
from engine.conformance.drivers import ENDS, CannotDrive, Driver
from engine.conformance.line import CannotConnect
from engine.conformance.messages import JsonObject
from engine.conformance.required import with_required

WAYS_OUT: Final = (
    "conversation.release",
    "interaction.reject",
    "interaction.release",
    "interaction.complete",
    "session.logout",
)
"""In the order in which they are tried; each is about what is at the head of the list of objects."""
MOST: Final = 40


async def tidy(floor: Floor, driver: Driver, names: Mapping[str, Any], made: Iterable[tuple[str, Any]]) -> None:
    """As far as the server lets it; a server that is broken keeps what it has. `made`: customers, who go away first."""
    for kind, handle in made:
        if ENDS[kind] not in driver.deeds:
            continue
        try:
            await driver.make(ENDS[kind], {kind: handle})
        except CannotDrive:  # has gone by itself
            await trio.lowlevel.checkpoint()
    for session in floor.sessions.values():
        try:
            await _end(floor, session, names)
        except (Missing, Broken, CannotConnect):
            await trio.lowlevel.checkpoint()


async def _end(floor: Floor, session: Session, names: Mapping[str, Any]) -> None:
    refused: set[tuple[str, str]] = set()
    for number in range(MOST):
        desk = floor.desks.get(session.binds)
        found = way_out(session, refused)
        if desk is None or desk.over is not None or session.view.over or found is None:
            return
        command, target = found
        request = {"command": command, "target": target, "requestid": f"tidy-{session.id}-{number}"}
        if await _succeeds(floor, desk, session, with_required(request, names)):
            refused.clear()
        else:
            refused.add(found)


async def _succeeds(floor: Floor, desk: Desk, session: Session, request: JsonObject) -> bool:
    session.news.clear()
    await floor.say(desk, request)

    def answers() -> list[JsonObject]:
        return [message for message in session.news if message.get("requestid") == request["requestid"]]

    await floor.until(lambda: desk.over is not None or bool(answers()), f"the answer to {request['command']}")
    return any(answer.get("result") == "success" for answer in answers())


def way_out(session: Session, refused: Collection[tuple[str, str]] = ()) -> tuple[str, str] | None:
    """The next command on the way to the end of the session, and its target; none of those that were refused."""
    targets = [*session.view.objects, session.id]
    for command in WAYS_OUT:
        for target in targets:
            if session.view.may(target, command) and (command, target) not in refused:
                return command, target
    return None
