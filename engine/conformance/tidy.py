"""What a scenario leaves behind is ended, customers by the driver, the rest by commands that are announced as open."""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import trio

from engine.conformance.broken import Broken
from engine.conformance.desk import Desk, Floor, Missing, Session
from engine.conformance.drivers import ENDS, CannotDrive, Driver, drive
from engine.conformance.line import CannotConnect
from engine.conformance.messages import JsonObject, code_of
from engine.conformance.required import with_code, with_required

WAYS_OUT: Final = (
    "conversation.release",
    "interaction.reject",
    "interaction.release",
    "interaction.complete",
    "session.logout",
)
"""In the order in which they are tried; each is about what is at the head of the list of objects."""
LISTS: Final = {
    "session.logout": ("session.request.externallogoutreasons", "session.externallogoutreasons.updated"),
    "interaction.complete": ("channel.externaldispositions", "channel.externaldispositions.updated"),
}
"""Where a code can be had that these may need: what asks for the list, and what tells it."""
MOST: Final = 40


async def tidy(floor: Floor, driver: Driver, names: Mapping[str, Any], made: Iterable[tuple[str, Any]]) -> bool:
    """As far as the server lets it; a server that is broken keeps what it has. Returns whether all sessions have ended.

    `made`: customers, who go away first.
    """
    for kind, handle in made:
        if ENDS[kind] not in driver.deeds or not handle:
            continue
        with contextlib.suppress(CannotDrive):  # has gone by itself
            await drive(driver, ENDS[kind], {kind: handle})
    for session in floor.sessions.values():
        try:
            await _end(floor, session, names)
        except (Missing, Broken, CannotConnect):
            await trio.lowlevel.checkpoint()
    return all(session.view.over for session in floor.sessions.values())


async def _end(floor: Floor, session: Session, names: Mapping[str, Any]) -> None:
    refused: set[tuple[str, str]] = set()
    for number in range(MOST):
        desk = floor.desks.get(session.binds)
        found = way_out(session, refused)
        if desk is None or desk.over is not None or session.view.over or found is None:
            return
        command, target = found
        request = {"command": command, "target": target, "requestid": f"tidy-{session.id}-{number}"}
        answer = await _answer(floor, desk, session, with_required(request, names))
        wants_code = command in LISTS and code_of(answer) == "REASON_REQUIRED"
        if wants_code and (code := await _listed(floor, desk, session, command, target)):
            again = {**request, "requestid": f"{request['requestid']}-again"}
            answer = await _answer(floor, desk, session, with_code(again, code))
        if answer.get("result") == "success":
            refused.clear()
        else:
            refused.add(found)


async def _listed(floor: Floor, desk: Desk, session: Session, command: str, target: str) -> str | None:
    """The first code of the platform's list of those that this command may need."""
    asks, name = LISTS[command]
    owner = target if command == "session.logout" else target.rpartition(".")[0]
    await _answer(floor, desk, session, {"command": asks, "target": owner, "requestid": f"list-{target}"})
    try:
        await floor.until(lambda: any(each.get("name") == name for each in session.news), name)
    except Missing:
        return None
    data = next(each["data"] for each in session.news if each.get("name") == name)
    return next((each["code"] for listed in data.values() for each in listed), None)


async def _answer(floor: Floor, desk: Desk, session: Session, request: JsonObject) -> JsonObject:
    """Nothing, where the connection ends before."""
    session.news.clear()
    await floor.say(desk, request)

    def answer() -> JsonObject:
        return next((each for each in session.news if each.get("requestid") == request["requestid"]), {})

    await floor.until(lambda: desk.over is not None or bool(answer()), f"the answer to {request['command']}")
    return answer()


def way_out(session: Session, refused: Collection[tuple[str, str]] = ()) -> tuple[str, str] | None:
    """The next command on the way to the end of the session, and its target; none of those that were refused."""
    targets = [*session.view.objects, session.id]
    for command in WAYS_OUT:
        for target in targets:
            if session.view.may(target, command) and (command, target) not in refused:
                return command, target
    return None
