"""The interactive mode, typed into through a pipe."""

import io
import threading
from collections.abc import Callable, Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from engine.talk import talk
from engine.talk.client import Login
from engine.talk.errors import TalkError
from engine.talk.repl import interact
from tests.engine.talk.fake_server import (
    SESSION,
    STARTED,
    TOKEN,
    FakeServer,
    Peer,
    Session,
    log_in,
    success,
)
from tests.engine.talk.story import (
    ANSWERED,
    CALL,
    CAROL,
    CHAT,
    CHAT_OFFERED,
    CHAT_STARTED,
    LEG,
    RINGING,
    event,
    message,
)

PATIENCE_S = 20.0
ENTER, CTRL_C, CTRL_D = "\r", "\x03", "\x04"


class Typist(io.StringIO):
    """The screen, and who sits before it: types the next text when the screen shows what it waits for."""

    def __init__(self, keys: PipeInput, *steps: tuple[str, str]) -> None:
        super().__init__()
        self._keys = keys
        self._lock = threading.Lock()
        self._seen = 0
        self.steps = list(steps)

    def write(self, text: str) -> int:
        with self._lock:
            written = super().write(text)
            while self.steps and (at := self.getvalue().find(self.steps[0][0], self._seen)) >= 0:
                waited, typed = self.steps.pop(0)
                self._seen = at + len(waited)
                self._keys.send_text(typed)
        return written


Sit = Callable[..., str]


@pytest.fixture
def sit() -> Iterator[Sit]:
    """Talk to a server; each step is what to wait for on the screen, and what to type then. Returns the screen."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):

        def sit(server: FakeServer, *steps: tuple[str, str], typed: str = "", screen: type[Typist] = Typist) -> str:
            shown = screen(keys, *steps)
            keys.send_text(typed)
            console = Console(file=shown, width=80, highlight=False)
            give_up = threading.Timer(PATIENCE_S, lambda: keys.send_text(CTRL_C + CTRL_D))
            give_up.start()
            try:
                interact(server.url, Login(agent="agent1", password="hidden"), batched=False, console=console)
            finally:
                give_up.cancel()
                sit.screen = shown.getvalue()  # type: ignore[attr-defined]
            assert not shown.steps, f"never shown: {shown.steps[0][0]!r}\n{shown.getvalue()}"
            return shown.getvalue()

        yield sit


@pytest.fixture
def session() -> Session:
    return Session({"session.start": STARTED})


def test_a_person_starts_a_session_looks_at_it_and_leaves(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        screen = sit(
            server,
            ("The session is bound", "start" + ENTER),
            ("session.initialized", "objects" + ENTER),
            ("open: activate", "quit" + ENTER),
        )
    lines = [line.rstrip() for line in screen.splitlines()]
    assert "   1 t3     ok session.start" in lines
    assert "   2 <- t3  channel.created 4001 INACTIVE" in lines
    assert "   3 <- t3  state.updated 4001 INACTIVE +activate" in lines
    assert "   5 <- t3  session.initialized agent1 Agent 1" in lines
    assert "└── channel 4001 c1 INACTIVE" in lines
    assert lines[-1] == "     t4     ok unbindSession"
    assert max(map(len, lines)) <= 80
    assert TOKEN not in screen
    assert "hidden" not in screen


def test_ctrl_d_leaves_as_quit_does(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        assert "ok unbindSession" in sit(server, ("The session is bound", CTRL_D))


def test_exit_leaves_as_quit_does(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        assert "ok unbindSession" in sit(server, ("The session is bound", "exit" + ENTER))


def test_a_call_is_answered_held_and_looked_at_by_short_words(sit: Sit) -> None:
    session = Session({"session.start": [*STARTED, *RINGING], "conversation.answer": ANSWERED})
    with FakeServer(session.serve) as server:
        screen = sit(
            server,
            ("The session is bound", "start" + ENTER),
            ("interaction.initialized", "answer" + ENTER),
            ("interaction.started", "consult 4002" + ENTER),
            ("ok interaction.consult", "state" + ENTER),
            ("CONNECTED for", CTRL_D),
        )
    assert [(each["command"], each["target"], each["data"]) for each in session.requests[1:]] == [
        ("conversation.answer", LEG, {}),
        ("interaction.consult", CALL, {"destination": "4002"}),
    ]
    lines = [line.rstrip() for line in screen.splitlines()]
    assert "  15        interaction.preview i1 call from +15550100 (Anna Moss) ALERTING," in [
        line.replace("<- t3 ", "      ") for line in lines
    ]
    assert "└── channel 4001 c1 ACTIVE/READY" in lines
    assert "    └── interaction i1 call from +15550100 (Anna Moss) STARTED for 0 s" in lines
    assert "        └── conversation v1 PRIMARY +15550100 (Anna Moss) CONNECTED for 0 s in" in lines
    assert max(map(len, lines)) <= 80


def test_what_a_customer_writes_is_shown_wrapped_and_cannot_move_the_cursor(sit: Sit) -> None:
    text = "\x1b[2J" + "very " * 40 + "angry"
    said = event("interaction.message.added", CHAT, message=message("x9", CAROL, text))
    more = event("interaction.message.added", CHAT, message=message("x10", CAROL, "\x9b2J"))
    session = Session(
        {"session.start": [*STARTED, *CHAT_OFFERED, *CHAT_STARTED, said], "interaction.message.send": [more]}
    )
    with FakeServer(session.serve) as server:
        screen = sit(
            server,
            ("is bound", "start" + ENTER),
            ("angry", "raw on" + ENTER + "say Hello" + ENTER),
            ('"success"', CTRL_D),
        )
    assert "\x1b" not in screen
    assert "\x9b" not in screen
    assert "i2 09:30 Carol: \\x1b[2Jvery very" in screen
    assert screen.count("very") == 40


def test_another_session_that_is_prepared_takes_nothing_over_unasked(sit: Sit) -> None:
    def play(peer: Peer) -> None:
        log_in(peer)
        prepared = peer.take()
        peer.send(success(prepared, {"session": {"id": "s2"}, "resumetoken": "other"}))
        first = peer.take()
        assert (first["command"], first["target"]) == ("session.start", SESSION)
        peer.send(success(first, seq=1))
        bind = peer.take()
        assert (bind["command"], bind["target"]) == ("bindSession", "s2")
        data = {"session": {"id": "s2", "state": "PREPARED"}, "epoch": 1, "seq": 0, "outcome": "NEW"}
        peer.send(success(bind, data))
        second = peer.take()
        assert (second["command"], second["target"]) == ("session.start", "s2")
        peer.send(success(second, seq=1))

    with FakeServer(play) as server:
        screen = sit(
            server,
            ("is bound", "prepareSession override=false agent.id=agent2 agent.password=pw" + ENTER),
            ("ok prepareSession", "start" + ENTER),
            ("ok session.start", "bindSession" + ENTER),
            ("and no more to s1", "start" + ENTER),
            ("ok session.start", CTRL_D),
        )
    assert "the session s2 is prepared; lines still go to s1" in screen
    assert "lines go to the session s2 from now on" in screen


def test_ctrl_c_drops_the_line(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        screen = sit(server, ("The session is bound", "session.logout" + CTRL_C + "start" + ENTER), ("initial", CTRL_D))
    assert [request["command"] for request in session.requests] == ["session.start"]
    assert "logout" not in screen


def test_a_failure_is_told_in_full(sit: Sit) -> None:
    session = Session(refused={"session.start": "NOT_ACCEPTING"})
    with FakeServer(session.serve) as server:
        screen = sit(server, ("is bound", "start" + ENTER), ("NOT_ACCEPTING: it is refused", CTRL_D))
    assert "failed session.start" in screen


def test_a_line_that_is_not_understood_is_explained_and_not_sent(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        sit(
            server,
            ("is bound", "ready" + ENTER),
            ("ready wants a channel or a channelgroup", "channel.ready @4009" + ENTER),
            ("nothing here is called '4009'; there is no channel yet", "# a comment" + ENTER + ENTER + CTRL_D),
        )
    assert session.requests == []


def test_a_raw_request_is_sent_as_it_is(sit: Sit, session: Session) -> None:
    line = '{"command": "session.start", "target": "$session", "requestid": "mine"}'
    with FakeServer(session.serve) as server:
        sit(server, ("is bound", line + ENTER), ("<- mine", CTRL_D))
    assert session.requests == [{"command": "session.start", "target": SESSION, "requestid": "mine"}]


def test_raw_on_shows_the_messages_themselves_without_secrets(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        screen = sit(
            server,
            ("is bound", "raw on" + ENTER + "start" + ENTER),
            ('"name":"session.initialized"', "raw off" + ENTER + "session.getdirectory" + ENTER),
            ("ok session.getdirectory", CTRL_D),
        )
    assert '{"command":"session.start","target":"s1","result":"success","requestid":"t3","seq":1}\n' in screen


def test_raw_alone_goes_over_to_the_other_form(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        screen = sit(
            server,
            ("is bound", "raw" + ENTER),
            ("messages are shown in full, as JSON", "raw" + ENTER),
            ("messages are shown as lines", "raw sometimes" + ENTER),
            ("write it as raw [on|off]", "exit now" + ENTER),
            ("write it as quit, exit", "help raw" + ENTER),
            ("raw [on|off]  show messages in full", CTRL_D),
        )
    assert "there is no command" not in screen
    assert session.requests == []


def test_help_lists_the_commands_and_explains_one(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        screen = sit(
            server,
            ("is bound", "help" + ENTER),
            ("Tab completes.", "help channel.notready" + ENTER),
            ("open now to: nothing", "help start" + ENTER),
            ("open now to: @session", "help answer" + ENTER),
            ("interaction.accept @interaction", "help nonsense" + ENTER),
            ("there is no command nonsense", CTRL_D),
        )
    assert "say TEXT                write to the customer" in screen
    assert "answer  the call; else the chat or the email" in screen
    assert "quit, exit" in screen
    assert max(map(len, screen.splitlines())) <= 80
    assert "session.addchannel channel.endpoint channel.type" in screen
    assert "channel.notready [reason.code]" in screen
    assert "also spelt channel.request.notready" in screen
    assert "reason.code  text of 1 to 128 characters; may be left out" in screen


def test_what_is_typed_ahead_is_no_answer_to_a_question(sit: Sit, session: Session) -> None:
    def play(peer: Peer) -> None:
        request = peer.take()
        answer = {"command": "prepareSession", "result": "confirm", "message": "there is one", "original": request}
        peer.send({**answer, "requestid": request["requestid"]})
        assert log_in(peer)["override"] is True
        session.go_on(peer)

    with FakeServer(play) as server:
        screen = sit(server, ("type y or n", "YES" + ENTER), ("is bound", CTRL_D), typed="notready" + ENTER)
    assert "'notready' is no answer, and was not sent" in screen


@pytest.mark.parametrize(("key", "override"), [("y", True), ("n", False)])
def test_a_session_elsewhere_is_asked_about(sit: Sit, session: Session, key: str, override: bool) -> None:
    def play(peer: Peer) -> None:
        request = peer.take()
        answer = {"command": "prepareSession", "result": "confirm", "message": "there is one", "original": request}
        peer.send({**answer, "requestid": request["requestid"]})
        assert log_in(peer)["override"] is True
        session.go_on(peer)

    with FakeServer(play) as server:
        if override:
            sit(server, ("is bound", CTRL_D), typed=key + ENTER)
        else:
            with pytest.raises(TalkError, match="agent1 has a session already"):
                sit(server, typed=key + ENTER)
    assert "confirm: there is one" in sit.screen  # type: ignore[attr-defined]


def test_a_connection_that_is_lost_for_good_ends_the_talk(sit: Sit) -> None:
    def play(peer: Peer) -> None:
        log_in(peer)
        peer.send(
            {"name": "session.disposed", "target": SESSION, "data": {"cause": "EXPIRED", "message": "m"}, "seq": 1}
        )
        peer.close("no session")

    with (
        FakeServer(play) as server,
        pytest.raises(TalkError, match=r"^the server has closed the connection \(no session\); run `ixp talk` again$"),
    ):
        sit(server)
    assert "session.disposed EXPIRED: m" in sit.screen  # type: ignore[attr-defined]


def test_a_connection_that_comes_back_is_told_of(sit: Sit, session: Session) -> None:
    def first(peer: Peer) -> None:
        log_in(peer)
        peer.cut()

    def second(peer: Peer) -> None:
        request = peer.take()
        data = {"session": {"id": SESSION, "state": "PREPARED"}, "epoch": 1, "seq": 0, "outcome": "RESUMED"}
        peer.send({**{key: request[key] for key in ("command", "target")}, "result": "success", "data": data})
        session.go_on(peer)

    with FakeServer(first, second) as server:
        screen = sit(server, ("RESUMED: 0 messages were missed, and follow", "start" + ENTER), ("initialized", CTRL_D))
    assert "the connection is lost (without a word from the server); trying to come back for 60 s" in " ".join(
        screen.split()
    )


def test_after_the_session_is_over_every_word_says_how_to_have_another(sit: Sit, session: Session) -> None:
    over = "the session is over; quit, and run `ixp talk` again"
    with FakeServer(session.serve) as server:
        sit(
            server,
            ("is bound", "logout" + ENTER),
            ("ok session.logout", "ready" + ENTER),
            (over, "start" + ENTER),
            (over, CTRL_D),
        )
    assert [each["command"] for each in session.requests] == ["session.logout"]


def test_a_line_typed_without_a_connection_is_told_to_wait_and_sent_later(sit: Sit, session: Session) -> None:
    back = threading.Event()

    def first(peer: Peer) -> None:
        log_in(peer)
        peer.cut()

    def second(peer: Peer) -> None:
        request = peer.take()
        assert back.wait(PATIENCE_S)
        data = {"session": {"id": SESSION, "state": "PREPARED"}, "epoch": 1, "seq": 0, "outcome": "RESUMED"}
        peer.send({**{key: request[key] for key in ("command", "target")}, "result": "success", "data": data})
        session.go_on(peer)

    class Screen(Typist):
        def write(self, text: str) -> int:
            if "there is no connection" in text:
                back.set()
            return super().write(text)

    with FakeServer(first, second) as server:
        sit(server, ("trying to come back", "start" + ENTER), ("initialized", CTRL_D), screen=Screen)
    assert [each["command"] for each in session.requests] == ["session.start"]


def test_after_a_logout_there_is_nothing_to_unbind(sit: Sit, session: Session) -> None:
    with FakeServer(session.serve) as server:
        screen = sit(server, ("is bound", "logout" + ENTER), ("ok session.logout", CTRL_D))
    assert "unbindSession" not in screen


@pytest.mark.parametrize(
    ("strict", "said"),
    [
        (False, "standard input is no terminal; give the commands with --script FILE, or --script -"),
        (True, "--strict is for scripts; give one with --script FILE, or leave it out"),
    ],
)
def test_without_a_terminal_or_a_script_the_way_out_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, strict: bool, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    status = talk(
        "ws://127.0.0.1:1/agent",
        agent="agent1",
        password="demo",
        override=False,
        groups=(),
        script=None,
        batched=False,
        color=None,
        strict=strict,
    )
    assert status == 1
    assert capsys.readouterr().err == f"ixp: {said}\n"
