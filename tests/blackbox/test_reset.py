"""A client whose cursor is none of the session's begins anew, in its turn. Source: specs/protocol.md, "bindSession"."""

from typing import Final

import pytest

from engine.conformance.view import JsonObject
from tests.blackbox.client import GROUP, AgentSession, Desktop, code_of, message_of, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve

NOWHERE: Final = {"channel": {"endpoint": "nowhere", "type": "Telephony"}}


@pytest.mark.parametrize(
    ("epoch", "ahead"),
    [(1, 0), (1, -3), (-1, 0), (0, 1), (0, 2**40)],
    ids=["later", "later too", "earlier", "future", "far"],
)
def test_reset_where_the_cursor_is_not_one_of_ours(
    session: AgentSession, other: Desktop, epoch: int, ahead: int
) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    session.do("channel.activate", "g1.c2")
    session.do("session.addchannel", data=NOWHERE)
    seq, session.desktop = session.view.seq, other
    before = {known.info["name"]: known.capabilities for known in session.view.objects.values()}
    bound = session.bind({"token": session.token, "epoch": session.epoch + epoch, "seq": seq + ahead})
    assert bound == {
        "session": {"id": session.id, "state": "PREPARED"},
        "epoch": 2,
        "seq": seq,
        "outcome": "RESET",
    }
    (refused,) = session.do("session.request.getdirectory")
    assert code_of(refused) == "NOT_STARTED"
    messages = session.do("session.start")
    assert told(messages)[:3] == ["session.start: success", "channelgroup.created g2", "state.updated g2"]
    assert told(messages)[-1] == "session.initialized"
    assert {known.info["name"]: known.capabilities for known in session.view.objects.values()} == before


SHORT_MEMORY: Final = '[journal]\ndurability = "memory"\n'
"""In memory no more is kept than the settings say; a file may keep more, and forgets now and then."""


def test_reset_where_the_history_is_trimmed(serve: Serve) -> None:
    server = serve(config(SHORT_MEMORY + "[sessions]\nhistory_messages = 5\n"))
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.do("session.addchannelgroup", data=GROUP)
        last = session.view.seq
        session.resume(desktop, last - 5)
        session.settle()
        assert len(session.again) == 5
        last = session.view.seq
        assert session.bind(session.cursor(last - 6))["outcome"] == "RESET"
        assert told(session.do("session.start"))[-1] == "session.initialized"


def test_reset_where_the_history_is_too_large(serve: Serve) -> None:
    server = serve(config(SHORT_MEMORY + "[sessions]\nhistory_bytes = 5000\n"))
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.do("session.addchannelgroup", data=GROUP)
        session.do("session.addchannelgroup", data={**GROUP, "bulk": "x" * 4000})
        assert session.bind(session.cursor(0))["outcome"] == "RESET"
        assert told(session.do("session.start"))[-1] == "session.initialized"


SILENT: Final = """
[platform]
call_timeout_s = 1.0

[[simulator.faults]]
call = "ListDirectory"
kind = "hang"
"""
"""The platform does not answer the first request for the directory, and is given up after a second."""


def anew(session: AgentSession, requestid: str) -> JsonObject:
    """A binding with a cursor of another epoch."""
    return message_of("bindSession", session.id, {"resume": {**session.cursor(), "epoch": 9}}, requestid=requestid)


def test_a_client_need_not_wait_for_the_answer_to_its_binding(session: AgentSession, other: Desktop) -> None:
    session.desktop = other
    other.sessions[session.id] = session
    other.send(anew(session, "bind"), message_of("session.start", session.id))
    bound = other.answer("bind")["data"]
    session.view.start_anew(bound["seq"])
    assert bound["outcome"] == "RESET"
    assert told(session.settle()) == ["session.start: success", "session.initialized"]


def test_whoever_is_not_bound_in_the_end_was_never_served(serve: Serve) -> None:
    """What the loser of two sent behind its binding is not carried out."""
    server = serve(config(SILENT))
    with Desktop(server.agent_url) as first, Desktop(server.agent_url) as second, Desktop(server.agent_url) as third:
        session = first.session_of("agent1")
        session.do("session.start")
        session.send("session.request.getdirectory")
        first.answers_still()
        second.send(anew(session, "bind"), message_of("session.start", session.id, requestid="behind"))
        second.answers_still()
        third.send(anew(session, "bind"))
        assert code_of(second.answer("bind")) == "ALREADY_BOUND"
        assert third.answer("bind")["data"]["outcome"] == "RESET"
        assert code_of(second.answer("behind")) == "NOT_BOUND"


def test_a_session_stays_with_its_connection_when_others_that_wait_give_up(serve: Serve) -> None:
    server = serve(config(SILENT))
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.send("session.request.getdirectory", requestid="silent")
        with Desktop(server.agent_url) as other:
            desktop.send(anew(session, "mine"))
            desktop.answers_still()
            other.send(anew(session, "theirs"))
            assert code_of(desktop.answer("mine")) == "ALREADY_BOUND"
        assert told(session.settle()) == ["session.request.getdirectory: TIMEOUT"]


def test_a_reset_takes_its_turn_and_the_last_of_several_is_bound(serve: Serve) -> None:
    """The requests before it are answered to whoever sent them."""
    server = serve(config("[simulator]\nlatency_ms = 200\n"))
    with Desktop(server.agent_url) as first, Desktop(server.agent_url) as second, Desktop(server.agent_url) as third:
        session = first.session_of("agent1")
        session.do("session.start")
        for requestid in ("one", "two"):
            session.send("session.request.getdirectory", requestid=requestid)
        first.answers_still()
        cursor = {"resume": {**session.cursor(), "epoch": 9}}
        second.send(message_of("bindSession", session.id, cursor, requestid="bind"))
        second.answers_still()
        third.send(message_of("bindSession", session.id, cursor, requestid="bind"))
        assert code_of(second.answer("bind")) == "ALREADY_BOUND"
        bound = third.answer("bind")["data"]
        while first.read().get("name") != "session.unbound":
            pass
        assert [message["requestid"] for message in session.take_news()] == ["one", "two"]
        assert (bound["outcome"], bound["seq"], bound["epoch"]) == ("RESET", session.view.seq, 2)


def test_the_cursor_of_an_earlier_epoch_is_of_no_use(session: AgentSession) -> None:
    old = session.cursor()
    assert session.bind({**old, "epoch": 7})["outcome"] == "RESET"
    assert session.bind(old)["outcome"] == "RESET"
    assert session.epoch == 3
    assert session.bind(session.cursor())["outcome"] == "RESUMED"


def test_whoever_prepared_may_bind_again_without_a_cursor_and_starts_anew(session: AgentSession) -> None:
    desktop = session.desktop
    assert desktop.ask("unbindSession", session.id)["result"] == "success"
    assert session.bind()["outcome"] == "RESET"
    assert told(session.do("session.start")) == ["session.start: success", "session.initialized"]


@pytest.mark.parametrize("field", ["seq", "epoch"])
@pytest.mark.parametrize("value", [-1, "1", 1.5, None, True, [1], {}], ids=repr)
def test_a_cursor_that_is_no_number_is_refused(
    session: AgentSession, other: Desktop, field: str, value: object
) -> None:
    resume = {**session.cursor(), field: value}
    failure = other.ask("bindSession", session.id, {"resume": resume})
    assert code_of(failure) == "INVALID_REQUEST"
    assert f"data.resume.{field}" in failure["failure"]["message"]
    assert told(session.settle()) == []  # still bound where it was
