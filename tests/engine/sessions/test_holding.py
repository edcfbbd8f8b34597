"""What a desktop is told that repeats a request whose answer can be read no more."""

from typing import Any

import trio
from structlog.testing import capture_logs

from engine.journal.spi import JournalError
from protocol.ids import SessionId
from protocol.platform import ListDirectory
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import names, started

DIRECTORY = "session.request.getdirectory"


def damage(world: World, requestid: str) -> None:
    """Of the answer to this request."""
    response = world.journal.response

    async def damaged(session: SessionId, asked: str) -> bytes | JournalError:
        if asked == requestid:
            await trio.lowlevel.checkpoint()
            return JournalError(f"the response to {requestid} is damaged")
        return await response(session, asked)

    world.journal.response = damaged  # type: ignore[method-assign] # for this one


async def test_a_repeated_request_whose_answer_is_damaged_is_refused_for_good_and_not_executed_again(
    world: World,
) -> None:
    talk = await started(world)
    for requestid in ("r1", "r2"):
        await talk.ask(DIRECTORY, requestid=requestid)
    damage(world, "r1")
    with capture_logs() as logs:
        told: list[dict[str, Any]] = []
        for _ in range(3):
            told += await talk.ask(DIRECTORY, requestid="r1")
    assert names(told) == ["TIMEOUT"] * 3
    for failure in told:
        assert (failure["command"], failure["requestid"], "seq" in failure) == (DIRECTORY, "r1", False)
        assert failure["original"]["requestid"] == "r1"
        assert "is not executed again" in failure["failure"]["message"]
        assert "send a new requestid if it is still wanted" in failure["failure"]["message"]
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["journal_damaged"] * 3
    assert sum(isinstance(call, ListDirectory) for _, call in world.adapter.calls) == 2
    (sound,) = await talk.ask(DIRECTORY, requestid="r2")
    assert (sound["result"], sound["seq"]) == ("success", 4)
    (new,) = await talk.ask(DIRECTORY, requestid="r3")
    assert (new["result"], new["seq"]) == ("success", 5), "the session goes on, and its numbers too"
