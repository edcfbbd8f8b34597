"""Case 8: the reply is lost after it was kept, and the client asks again: the same reply, and one effect."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from websockets.exceptions import WebSocketException

from engine.conformance.broken import Broken
from tests.blackbox.client import AgentSession, Desktop, JsonObject, code_of, message_of
from tests.blackbox.proxy import BreakingLine
from tests.faults.one import PHONE, Place, hear_to_the_end, mutant, place, wait_until
from tests.faults.platform import TICKET
from tests.faults.sizes import size

TIMES: Final = size(3, 100)

Between = Callable[[Place], None]
"""What happens between the loss of the reply and the next try."""


def nothing(_: Place) -> None:
    """The server lives on."""


def dial(session: AgentSession, requestid: str) -> JsonObject:
    """A call that the exchange counts."""
    data = {"destination": "+15550199", "extensions": {TICKET: f"{session.id}/{requestid}"}}
    return message_of("channel.dial", session.target(PHONE), data, requestid=requestid)


def responses(session: AgentSession, request: JsonObject) -> list[bytes]:
    return [text for text in session.raw.values() if json.loads(text).get("requestid") == request["requestid"]]


def ask_again(desktop: Desktop, session: AgentSession, request: JsonObject) -> JsonObject:
    """Repeat a request, and see that it gets the answer that was kept, byte for byte; return that."""
    if not responses(session, request):
        desktop.send(request)
        session.settle()
    first = responses(session, request)
    for _ in range(2):
        session.again.clear()
        desktop.send(request)
        session.settle()
        assert session.again == first == responses(session, request)
    answer: JsonObject = json.loads(first[0])
    return answer


def release(session: AgentSession) -> None:
    """Hear what was missed, and hang up: then the same call could be dialled again, but for its requestid."""
    session.settle()
    for target, known in tuple(session.view.objects.items()):
        if known.kind == "conversation":
            session.do("conversation.release", target.partition(".")[2])
    for target, known in tuple(session.view.objects.items()):
        if known.kind == "interaction":
            session.do("interaction.complete", target.partition(".")[2])
    session.do("channel.ready", PHONE)


def lose_replies(here: Place, times: int, between: Between) -> int:
    """The line breaks before the reply's first byte. Returns how many calls were dialled."""
    with Desktop(here.server.url) as desktop:
        session = here.ready(desktop)
    for number in range(times):
        request = dial(session, f"dial{number}")
        with BreakingLine(here.server.url) as line, Desktop(line.url) as desktop:
            session.resume(desktop)
            session.settle()
            line.swallow(up=False)
            desktop.send(request)
            wait_until(lambda: line.swallowed > 0)  # so it was kept
            between(here)
        assert not responses(session, request), "the reply got through, and should not"
        with Desktop(here.server.url) as desktop:
            session.resume(desktop)
            release(session)
            answer = ask_again(desktop, session, request)
            assert code_of(answer) == "success", answer
    assert here.exchange.control("dialled twice") == {}
    return int(here.exchange.control("dialled"))


def kill_while_asked(here: Place, times: int) -> int:
    """The server dies while the platform is dialling. Returns how many calls were dialled."""
    with Desktop(here.server.url) as desktop:
        session = here.ready(desktop)
    for number in range(times):
        request = dial(session, f"dial{number}")
        with Desktop(here.server.url) as desktop:
            session.resume(desktop)
            session.settle()
            here.exchange.control("hold")
            desktop.send(request)
            wait_until(lambda: here.exchange.control("dialled") > number)  # noqa: B023
            here.server.kill()
            hear_to_the_end(desktop)
        here.exchange.control("go on")
        here.server.start()
        with Desktop(here.server.url) as desktop:
            session.resume(desktop)
            release(session)
            answer = ask_again(desktop, session, request)
            assert code_of(answer) == "TIMEOUT", answer
    assert here.exchange.control("dialled twice") == {}
    return int(here.exchange.control("dialled"))


@pytest.mark.parametrize("between", [nothing, Place.restart], ids=["the server lives on", "kill -9"])
def test_a_request_whose_reply_is_lost_is_carried_out_once(tmp_path: Path, between: Between) -> None:
    with place(tmp_path) as here:
        assert lose_replies(here, TIMES, between) == TIMES


def test_a_request_that_the_platform_is_asked_about_is_not_carried_out_again(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        assert kill_while_asked(here, TIMES) == TIMES


def test_a_server_that_forgets_what_it_answered_is_found_out(tmp_path: Path) -> None:
    with place(tmp_path, module=mutant("forgets_requestids")) as here:
        with pytest.raises((AssertionError, Broken, WebSocketException)):
            lose_replies(here, 2, Place.restart)
        assert here.exchange.control("dialled twice")


def test_a_server_that_forgets_what_it_asked_the_platform_is_found_out(tmp_path: Path) -> None:
    with place(tmp_path, module=mutant("forgets_under_way")) as here:
        with pytest.raises((AssertionError, Broken, WebSocketException)):
            kill_while_asked(here, 2)
        assert here.exchange.control("dialled twice")
