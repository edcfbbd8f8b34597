"""`work` in a script: an agent who takes what comes, against a server that is played."""

import time

import pytest

from engine.talk.agenda import TALK_S, Agenda
from engine.talk.client import Client, Login, log_in
from engine.talk.received import Received
from engine.talk.view import JsonObject
from engine.talk.work import Worker
from tests.engine.talk.fake_server import SESSION, STARTED, FakeServer, Session, about, channel
from tests.engine.talk.story import (
    ANSWERED,
    CALL,
    CHAT,
    CHAT_OFFERED,
    CHAT_STARTED,
    CHATS,
    COMPLETED,
    HUNG_UP,
    LEG,
    RINGING,
    event,
    interaction,
    updated,
)

QUIET_S = 0.2
DISPOSITION = {"disposition": {"code": "RESOLVED"}}

EMAIL = f"{CHATS}.i7"
EMAIL_STARTED = (
    event("interaction.created", EMAIL, **interaction("STARTED", chat=True, id="i7")),
    updated(EMAIL, "+interaction.reply", "+interaction.message.send", "+interaction.release", state="STARTED"),
)
MISSED = (
    about("channel.infochanged", channel("4001", loginstate="ACTIVE", agentstate="NOTREADY")),
    updated(f"{SESSION}.c1", "+channel.ready", loginstate="ACTIVE", agentstate="NOTREADY"),
)


def work(session: Session) -> list[tuple[str, str, JsonObject]]:
    """What is asked for when the session has begun."""

    def nothing(_: Received | str) -> None:
        pass

    with FakeServer(session.serve) as server, Client(server.url, batched=False, tell=nothing) as client:
        log_in(client, Login(agent="agent1", password="demo"), may_override=lambda _: False, show=nothing)
        client.send("session.start", SESSION)
        Worker(client, nothing).work(QUIET_S + TALK_S)
    return [(each["command"], each["target"], each.get("data", {})) for each in session.requests[1:]]


def test_a_call_is_taken_talked_to_and_summed_up() -> None:
    session = Session(
        {
            "session.start": [*STARTED, *RINGING],
            "interaction.accept": ANSWERED,
            "conversation.release": HUNG_UP,
            "interaction.complete": COMPLETED,
        }
    )
    begun = time.monotonic()
    assert work(session) == [
        ("interaction.accept", CALL, {}),
        ("conversation.release", LEG, {}),
        ("interaction.complete", CALL, DISPOSITION),
    ]
    assert time.monotonic() - begun > TALK_S + QUIET_S


def test_a_chat_is_greeted_and_let_go() -> None:
    session = Session({"session.start": [*STARTED, *CHAT_OFFERED], "interaction.accept": CHAT_STARTED})
    asked = work(session)
    assert [(command, target) for command, target, _ in asked] == [
        ("interaction.accept", CHAT),
        ("interaction.message.send", CHAT),
        ("interaction.release", CHAT),
    ]


def test_an_email_is_replied_to_and_that_is_all() -> None:
    asked = work(Session({"session.start": [*STARTED, *EMAIL_STARTED]}))
    assert [(command, target) for command, target, _ in asked] == [("interaction.reply", EMAIL)]


def test_who_has_missed_an_offer_is_ready_again() -> None:
    assert work(Session({"session.start": [*STARTED, *MISSED]})) == [("channel.ready", f"{SESSION}.c1", {})]


def test_what_is_refused_is_asked_for_once_and_nothing_else_happens() -> None:
    session = Session({"session.start": [*STARTED, *RINGING]}, {"interaction.accept": "INVALID_TARGET"})
    assert work(session) == [("interaction.accept", CALL, {})]


def test_ctrl_c_ends_the_work_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session({"session.start": STARTED})
    interrupted = iter([None])

    def look(*_: object) -> None:
        for _ in interrupted:
            raise KeyboardInterrupt

    monkeypatch.setattr(Agenda, "look", look)
    begun = time.monotonic()
    assert work(session) == []
    assert time.monotonic() - begun < QUIET_S + TALK_S
