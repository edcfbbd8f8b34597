"""A talk that goes on with the session of an earlier one, whose file it has."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from engine.talk.kept import Kept
from tests.engine.talk.fake_server import (
    SESSION,
    STARTED,
    TOKEN,
    FakeServer,
    JsonObject,
    Peer,
    Session,
    about,
    bound,
    channel,
    failure,
)
from tests.engine.talk.fake_server import log_in as let_in
from tests.engine.talk.runs import Runs
from tests.engine.talk.story import CALL, LEG, RINGING
from tests.engine.talk.talking import LOGIN, Talk, refused

AN_HOUR = 3600.0
SECOND = about("channel.created", channel("4002"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session"


@pytest.fixture
def session() -> Session:
    return Session({"session.start": [*STARTED, *RINGING]})


def leave(path: Path, session: Session) -> None:
    """A first talk that starts the session and is gone, as one that was killed."""
    with FakeServer(session.serve) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in().client.send("session.start", SESSION)
        talk.wait_for(seq=1 + len(STARTED) + len(RINGING))


def resume(session: Session, asked: list[JsonObject]) -> Callable[[Peer], None]:
    def play(peer: Peer) -> None:
        bind = peer.take()
        asked.append(bind)
        seq = bind["data"]["resume"]["seq"]
        peer.send(bound(bind, "RESUMED", seq=len(session.sent)), *session.sent[seq:])
        session.go_on(peer)

    return play


def test_what_was_missed_follows_and_what_was_told_before_is_known(path: Path, session: Session) -> None:
    leave(path, session)
    seen = len(session.sent)
    session.number(SECOND)
    asked: list[JsonObject] = []
    with FakeServer(resume(session, asked)) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in()
        assert not talk.client.unbound.is_set()
        assert talk.client.behind
        assert {f"{SESSION}.c1", CALL} <= talk.client.view.objects.keys()
        talk.wait_for(seq=seen + 1)
        assert not talk.client.behind
        assert f"{SESSION}.c2" in talk.client.view.objects
    assert [(each["command"], each["target"], each["data"]) for each in asked] == [
        ("bindSession", SESSION, {"resume": {"token": TOKEN, "epoch": 1, "seq": seen}})
    ]
    assert talk.told == ["RESUMED: 1 messages were missed, and follow"]
    assert [each.message.get("seq") for each in talk.shown] == [None, seen + 1]


def test_the_first_line_of_a_script_may_name_what_was_missed(path: Path, run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "expect session.initialized", resume=path) == 0
    for event in RINGING:
        session.number(event)
    with FakeServer(resume(session, [])) as server:
        assert run(server, "answer", resume=path) == 0
    assert run.errors == f"ixp: RESUMED: {len(RINGING)} messages were missed, and follow\n"
    assert [(each["command"], each["target"]) for each in session.requests[1:]] == [("conversation.answer", LEG)]


def test_a_state_goes_on_since_it_was_entered(path: Path, session: Session) -> None:
    leave(path, session)
    place, *lines = path.read_text(encoding="utf-8").splitlines()
    earlier = [{**line, "at": line["at"] - AN_HOUR} for line in map(json.loads, lines)]
    path.write_text("".join(f"{line}\n" for line in (place, *map(json.dumps, earlier))), encoding="utf-8")
    with FakeServer(resume(session, [])) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        known = talk.log_in().client.view.objects[CALL]
    (entered,) = known.entered.values()
    assert AN_HOUR <= time.monotonic() - entered < 1.1 * AN_HOUR


def test_requestids_are_others_than_those_of_earlier_talks(path: Path, session: Session) -> None:
    leave(path, session)
    for number in ("2", "3"):
        with FakeServer(resume(session, [])) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
            requestid = talk.log_in().client.send("channel.ready", f"{SESSION}.c1")
            assert requestid.startswith(number)
            talk.wait_for(requestid=requestid)
    assert [request["command"] for request in session.requests] == ["session.start", *2 * ["channel.ready"]]


def test_a_reset_is_told_and_all_is_forgotten(path: Path, session: Session) -> None:
    leave(path, session)

    def play(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESET", seq=40, epoch=2))

    with FakeServer(play) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in()
        assert list(talk.client.view.objects) == [SESSION]
        assert talk.client.view.is_open("session.start")
    assert talk.told == ["RESET: the history is gone; send session.start to be told what exists now"]
    asked: list[JsonObject] = []
    with FakeServer(resume(session, asked)) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in()
    assert asked[0]["data"]["resume"] == {"token": TOKEN, "epoch": 2, "seq": 40}


def test_a_session_that_was_never_started_is_gone_on_with_too(path: Path) -> None:
    asked: list[JsonObject] = []

    def play(peer: Peer) -> None:
        asked.append(peer.take())
        peer.send(bound(asked[-1], "NEW"))

    with FakeServer(let_in) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in()
    for _ in range(2):
        with FakeServer(play) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
            assert talk.log_in().client.view.is_open("session.start")
    assert [each["data"]["resume"] for each in asked] == 2 * [{"token": TOKEN, "epoch": 1, "seq": 0}]
    assert len({each["requestid"] for each in asked}) == 2


def test_a_connection_that_is_lost_after_a_resumption_is_resumed(path: Path, session: Session) -> None:
    leave(path, session)
    asked: list[JsonObject] = []

    def first(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESUMED", seq=len(session.sent)))
        peer.send(session.number(SECOND))
        peer.cut()

    with FakeServer(first, resume(session, asked)) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in().wait_for(name="channel.created")
        talk.wait_for(command="bindSession")
    assert asked[0]["data"]["resume"] == {"token": TOKEN, "epoch": 1, "seq": len(session.sent)}


def test_a_session_that_is_gone_is_told_with_what_to_do_and_stays_in_its_file(path: Path, session: Session) -> None:
    leave(path, session)

    def play(peer: Peer) -> None:
        peer.send(failure(peer.take(), "INVALID_TARGET", "there is no session s1; send prepareSession"))

    with FakeServer(play) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        assert refused(talk.log_in) == (
            f"the session that {path} keeps cannot be resumed (there is no session s1); begin a new one with --override"
        )
    with Kept(path) as kept:
        assert kept.place is not None, "it may be another server, or another token, that does not know it"


def test_another_refusal_is_told_as_it_is(path: Path, session: Session) -> None:
    leave(path, session)

    def play(peer: Peer) -> None:
        peer.send(failure(peer.take(), "OVERLOADED", "there are too many; wait"))

    with FakeServer(play) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        assert refused(talk.log_in) == "bindSession was refused for agent1: there are too many; wait"


def test_override_begins_a_new_session_and_keeps_that(path: Path, session: Session) -> None:
    leave(path, session)
    text = path.read_text(encoding="utf-8").replace(SESSION, "s0")
    path.write_text(text, encoding="utf-8")
    with FakeServer(let_in) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in(attrs.evolve(LOGIN, override=True))
    with Kept(path) as kept:
        assert kept.place is not None
        assert (kept.place.session, kept.told) == (SESSION, [])


def test_a_session_that_a_server_lost_meanwhile_is_kept_no_longer(path: Path, session: Session) -> None:
    def first(peer: Peer) -> None:
        let_in(peer)
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(failure(peer.take(), "INVALID_TARGET", "there is no session s1; send prepareSession"))

    with FakeServer(first, second) as server, Kept(path) as kept, Talk(server, kept=kept) as talk:
        talk.log_in()
        assert "the session is gone" in refused(lambda: talk.client.receive(10))
    assert not path.exists()
