"""Scripts: parsing, running against a played server, and what is printed."""

import io
import json
from importlib.resources import files
from pathlib import Path

import pytest

from engine.talk import script as script_module
from engine.talk import talk
from engine.talk.client import TalkError
from engine.talk.script import EXPECT_S, SAMPLES, Expect, Line, Sleep, Work, parse_script, read
from engine.talk.shorthand import Ask, Raw
from tests.engine.talk.fake_server import (
    SESSION,
    STARTED,
    TOKEN,
    FakeServer,
    JsonObject,
    Peer,
    Secondary,
    Session,
    about,
    bound,
    channel,
    failure,
    log_in,
    success,
)
from tests.engine.talk.story import (
    ANSWERED,
    CALL,
    CHAT_OFFERED,
    CHAT_STARTED,
    COMPLETED,
    CONSULT_OVER,
    CONSULTED,
    CONSULTING,
    HUNG_UP,
    LEG,
    RINGING,
    SAID,
)

READY = about("channel.infochanged", channel("4001", loginstate="ACTIVE", agentstate="READY"))
SECOND = about("channel.created", channel("4002"))


# Parsing


def test_a_script_is_requests_waits_and_expectations_with_comments_between() -> None:
    lines = parse_script(
        "# first\n"
        "\n"
        "session.start\n"
        "  sleep 0.5\n"
        "expect channel.created\n"
        "expect channel.created @4001\n"
        "expect channel.created --timeout 3\n"
        'expect channel.created @"Second line" --timeout 0.1\n'
        '{"command": 5}\n'
        "work\n"
        "work --timeout 3\n"
    )
    assert [line.place for line in lines] == [f"line {number}" for number in range(3, 12)]
    assert [line.does for line in lines[1:]] == [
        Sleep(0.5),
        Expect("channel.created", None, EXPECT_S),
        Expect("channel.created", "4001", EXPECT_S),
        Expect("channel.created", None, 3.0),
        Expect("channel.created", "Second line", 0.1),
        Raw('{"command": 5}'),
        Work(60.0),
        Work(3.0),
    ]
    assert isinstance(lines[0].does, Ask)
    assert isinstance(lines[0], Line)
    assert lines[0].text == "session.start"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chanel.ready", "column 1: there is no command chanel.ready; did you mean channel.ready or"),
        ("sleep", "write sleep and a number of seconds"),
        ("sleep 1 2", "write sleep and a number of seconds"),
        ("sleep soon", "column 7: soon is no number of seconds; write one like 0.5"),
        ("sleep -1", "column 7: -1 is no number of seconds; write one like 0.5"),
        ("sleep inf", "column 7: inf is no number of seconds; write one like 0.5"),
        ("sleep nan", "column 7: nan is no number of seconds; write one like 0.5"),
        ("work hard", "write work [--timeout SECONDS]"),
        ("work --timeout long", "column 16: long is no number of seconds; write one like 0.5"),
        ("expect", "write expect EVENT [@TARGET] [--timeout SECONDS]"),
        ("expect channel.created @a @b", "write expect EVENT [@TARGET] [--timeout SECONDS]"),
        ("expect channel.created --timeout", "column 24: --timeout is no target; write @ before it"),
        ("expect channel.created 4001", "column 24: 4001 is no target; write @ before it"),
        ("expect channel.creatd", "column 8: there is no event channel.creatd; did you mean channel.created or"),
        ("expect xyzzy @4001", "column 8: there is no event xyzzy; the events are state.updated,"),
        ("expect channel.created --timeout x", "column 34: x is no number of seconds"),
        ('expect channel.created @"x', "column 25: a quote is not closed"),
    ],
)
def test_what_cannot_be_understood_names_line_column_and_remedy(line: str, said: str) -> None:
    with pytest.raises(TalkError) as raised:
        parse_script(f"# one\nsession.start\n{line}\n")
    assert str(raised.value).startswith(f"line 3, {said}")


def test_a_script_is_a_file_standard_input_or_a_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sample"
    file.write_text("session.start", encoding="utf-8")
    assert read(file) == "session.start"
    monkeypatch.setattr("sys.stdin", io.StringIO("session.logout"))
    assert read(Path("-")) == "session.logout"
    assert "A first session" in read(Path("sample"))
    assert "The next call" in read(Path("call"))


def test_a_script_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        TalkError,
        match=r"nowhere.txt cannot be read \(.*No such file.*\); give a text file in UTF-8, or one of sample, call,",
    ):
        read(tmp_path / "nowhere.txt")
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(TalkError, match="give a text file in UTF-8"):
        read(tmp_path / "latin")


def test_every_shipped_script_has_a_name_and_can_be_understood() -> None:
    shipped = {file.name for file in (files("engine.talk") / "samples").iterdir()}
    assert shipped == set(SAMPLES.values())
    for name in SAMPLES:
        assert len(parse_script(read(Path(name)))) > 5


# Running


class Runs:
    """Runs a script and keeps what it printed."""

    def __init__(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = tmp_path / "script.txt"
        self._capsys = capsys
        self.text = self.errors = ""

    def __call__(
        self, server: FakeServer | str, *lines: str, batched: bool = False, override: bool = False, strict: bool = False
    ) -> int:
        self._file.write_text("\n".join(lines), encoding="utf-8")
        status = talk(
            server if isinstance(server, str) else server.url,
            agent="agent1",
            password="hidden",
            override=override,
            groups=(),
            script=self._file,
            batched=batched,
            color=None,
            strict=strict,
        )
        self.text, self.errors = self._capsys.readouterr()
        return status

    @property
    def messages(self) -> list[JsonObject]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def names(self) -> list[str]:
        """What came after the binding, by command or event name."""
        return [message.get("name") or message["command"] for message in self.messages[2:]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runs:
    return Runs(tmp_path, capsys)


@pytest.mark.parametrize("batched", [False, True])
def test_every_message_is_printed_in_order_and_the_session_is_let_go(run: Runs, batched: bool) -> None:
    session = Session({"session.start": STARTED, "channel.ready": [READY]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "channel.ready @4001", batched=batched) == 0
    assert run.errors == ""
    prepared, bound_, *others, unbound = run.messages
    assert prepared["data"] == {"session": {"id": SESSION}, "resumetoken": "***"}
    assert bound_["data"]["outcome"] == "NEW"
    assert others == session.sent
    assert unbound["command"] == "unbindSession"
    assert TOKEN not in run.text
    assert "hidden" not in run.text


def test_messages_are_printed_exactly_as_they_came(run: Runs) -> None:
    text = '{ "result":"success" ,"command":"channel.ready", "x":1.50, "y":"\\u00e4ä"}'

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.take()
        peer.send_text(text)
        peer.send(success(peer.take()))

    with FakeServer(play) as server:
        assert run(server, "{}") == 0
    assert run.text.splitlines()[2] == text


def test_an_answered_failure_is_no_failure_of_the_script(run: Runs) -> None:
    session = Session(refused={"session.start": "NOT_ACCEPTING"})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start") == 0
    assert run.messages[2]["failure"]["code"] == "NOT_ACCEPTING"


def test_a_strict_script_ends_at_the_first_request_that_fails(run: Runs) -> None:
    session = Session({"session.start": STARTED}, refused={"channel.ready": "CHANNEL_INACTIVE"})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "# now", "channel.ready @4001", "session.logout", strict=True) == 1
    assert run.errors == "ixp: line 3: channel.ready @4001 failed with CHANNEL_INACTIVE: it is refused\n"
    assert [request["command"] for request in session.requests] == ["session.start", "channel.ready"]
    assert run.messages[-1]["failure"]["code"] == "CHANNEL_INACTIVE", "the failure is printed like any message"


def test_a_strict_script_whose_requests_succeed_is_no_other(run: Runs) -> None:
    session = Session({"session.start": STARTED, "channel.ready": [READY]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "channel.ready @4001", strict=True) == 0
    assert run.errors == ""
    assert run.messages[-1]["command"] == "unbindSession"


def test_a_raw_line_that_fails_ends_a_strict_script_too(run: Runs) -> None:
    session = Session(refused={"x": "UNKNOWN_COMMAND"})
    with FakeServer(session.serve) as server:
        assert run(server, '{"command":"x","target":"$session"}', "session.start", strict=True) == 1
    assert run.errors == 'ixp: line 1: {"command":"x","target":"$session"} failed with UNKNOWN_COMMAND: it is refused\n'


def test_after_a_logout_there_is_nothing_to_unbind(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "session.logout") == 0
    assert run.names[-1] == "session.logout"


def test_names_mean_what_is_there_once_all_before_has_been_told(run: Runs) -> None:
    """The second channel is told after the response to the line before; the name must wait for it."""
    session = Session({"session.start": STARTED, "session.addchannel": [SECOND]})
    with FakeServer(session.serve) as server:
        assert (
            run(
                server,
                "session.start",
                "session.addchannel channel.endpoint=4002 channel.type=Chat",
                "channel.ready @4002",
                "session.removechannel channel.id=$4002",
            )
            == 0
        )
    assert [request.get("target") for request in session.requests[2:]] == [f"{SESSION}.c2", SESSION]
    assert session.requests[3]["data"] == {"channel": {"id": "c2"}}
    assert run.messages[2:-1] == session.sent, "the answers to repeated requestids are not printed"


def test_a_name_that_is_not_there_then_stops_the_script(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "", "channel.ready @4009") == 1
    assert run.errors == "ixp: line 3: nothing here is called '4009'; write one of @4001\n"
    assert run.names[-1] == "session.initialized"


def test_without_a_success_before_names_are_looked_up_at_once(run: Runs) -> None:
    session = Session(refused={"session.start": "NOT_ACCEPTING"})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "channel.ready") == 1
    assert (
        run.errors == "ixp: line 2: channel.ready wants a channel, and there is none; add one with session.addchannel\n"
    )


def test_a_session_that_ended_meanwhile_holds_no_line_up(run: Runs) -> None:
    ended = {"name": "session.disposed", "target": SESSION, "data": {"cause": "EXPIRED", "message": "m"}, "seq": 6}
    session = Session({"session.start": STARTED})

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.send(*session.answer(peer.take()))
        again = peer.take()
        peer.send(ended, failure(again, "NOT_BOUND", "send bindSession first"))
        peer.send(failure(peer.take(), "NOT_BOUND", "send bindSession first"))

    with FakeServer(play) as server:
        # The first line finds the end while it catches up; the second knows of it.
        assert run(server, "session.start", "session.logout @session", "session.logout @session") == 1
    assert run.names[-3:] == ["session.disposed", "session.start", "session.logout"]
    assert "line 3: the server has closed the connection" in run.errors


def test_a_raw_line_is_answered_by_the_next_response(run: Runs) -> None:
    session = Session()
    with FakeServer(session.serve) as server:
        assert run(server, '{"command": "session.start", "target": "$session", "requestid": "mine"}') == 0
    assert session.requests == [{"command": "session.start", "target": SESSION, "requestid": "mine"}]
    assert run.messages[2]["requestid"] == "mine"


def test_an_expected_event_may_have_come_already(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "sleep 0.05", "expect channel.created @4001", "expect session.initialized @session")
        assert run(server, *lines) == 0
    assert run.errors == ""


def test_an_expected_event_may_still_come(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "expect state.updated @c1", "expect session.initialized") == 0


def test_of_two_expectations_the_second_looks_behind_the_first(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "expect session.initialized", "expect channel.created --timeout 0.05")
        assert run(server, *lines) == 1
    assert run.errors == (
        "ixp: line 3: no channel.created within 0.05 s; see what came instead, or write `expect … --timeout SECONDS`\n"
    )


def test_what_came_before_the_last_response_is_not_expected(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "sleep 0.05", "session.getdirectory", "expect channel.created --timeout 0.05")
        assert run(server, *lines) == 1
    assert "line 4: no channel.created" in run.errors


def test_an_event_about_another_object_is_not_the_expected_one(run: Runs) -> None:
    session = Session({"session.start": [*STARTED, SECOND]})
    with FakeServer(session.serve) as server:
        assert (
            run(server, "session.start", "expect channel.created @4002", "expect channel.created --timeout 0.05") == 1
        )
    assert "line 3: no channel.created within" in run.errors
    with FakeServer(Session({"session.start": STARTED}).serve) as server:
        assert run(server, "session.start", "expect channel.created @4002 --timeout 0.05") == 1
    assert "line 2: no channel.created @4002 within 0.05 s" in run.errors


def test_an_object_that_is_gone_can_still_be_expected_by_its_name(run: Runs) -> None:
    gone = {"name": "channel.disposed", "target": f"{SESSION}.c1", "data": {"channel": {"id": "c1"}}}
    session = Session({"session.start": STARTED, "session.removechannel": [gone]})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "session.removechannel channel.id=$4001", "expect channel.disposed @4001")
        assert run(server, *lines) == 0


def test_a_response_that_does_not_come_stops_the_script(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_module, "RESPONSE_S", 0.05)

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.take()
        peer.take()

    with FakeServer(play) as server:
        assert run(server, "session.start") == 1
    assert run.errors == "ixp: line 1: no response to session.start within 0.05 s; look at the server's log\n"


def test_a_repeated_requestid_that_is_not_answered_stops_the_script(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_module, "RESPONSE_S", 0.05)

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.send(success(peer.take()))
        peer.take()
        peer.take()

    with FakeServer(play) as server:
        assert run(server, "session.start", "channel.ready") == 1
    assert run.errors == "ixp: line 2: no second response to a repeated requestid within 0.05 s\n"


def test_a_lost_connection_is_resumed_within_a_line(run: Runs) -> None:
    session = Session({"session.start": STARTED})

    def first(peer: Peer) -> None:
        log_in(peer)
        session.answer(peer.take())
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESUMED", seq=5), *session.sent)
        session.go_on(peer)

    with FakeServer(first, second) as server:
        assert run(server, "session.start", "expect session.initialized") == 0
    assert "RESUMED: 5 messages were missed, and follow" in run.errors
    assert [message["seq"] for message in run.messages if "seq" in message] == [1, 2, 3, 4, 5]


def test_a_reset_stops_the_script(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_module, "RESPONSE_S", 5.0)

    def first(peer: Peer) -> None:
        log_in(peer)
        peer.take()
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESET", seq=3, epoch=2))
        peer.take()

    with FakeServer(first, second) as server:
        assert run(server, "session.start") == 1
    assert run.errors.endswith(
        "ixp: line 1: the connection was lost, and it is not known whether session.start was done; run it all again\n"
    )


def test_a_binding_that_the_script_itself_asks_for_may_be_a_reset(run: Runs) -> None:
    def play(peer: Peer) -> None:
        log_in(peer)
        peer.send(success(peer.take()))
        peer.send(bound(peer.take(), "RESET", seq=3, epoch=2))
        peer.send(success(peer.take()))

    with FakeServer(play) as server:
        assert run(server, "unbindSession", "bindSession") == 0
    assert run.names == ["unbindSession", "bindSession", "unbindSession"]


# Calls and chats


class Scene(Session):
    """A session in which something happens by itself once a request has been answered."""

    def __init__(self, secondary: Secondary, then: Secondary) -> None:
        super().__init__(secondary)
        self._then = dict(then)

    def answer(self, request: JsonObject) -> list[JsonObject]:
        known = request.get("requestid") in self._answers
        answers = super().answer(request)
        if not known:
            answers += [self.number(event) for event in self._then.pop(request["command"], ())]
        return answers


def test_a_script_can_answer_the_next_call_and_see_it_through(run: Runs) -> None:
    session = Scene(
        {
            "session.start": STARTED,
            "conversation.answer": ANSWERED,
            "interaction.consult": CONSULTING,
            "conversation.release": HUNG_UP,
            "interaction.complete": COMPLETED,
        },
        {"channel.ready": RINGING, "interaction.consult": (*CONSULTED, *CONSULT_OVER)},
    )
    lines = (
        "session.start",
        "channel.ready",
        "expect interaction.preview @4001",
        "answer",
        "expect interaction.started @i1",
        "consult 4002",
        "expect state.updated @v2",
        "expect conversation.disposed @v2",
        "hangup",
        "expect interaction.ended @+15550100",
        "complete RESOLVED is happy now",
        "expect interaction.disposed @i1",
        "expect channel.infochanged @4001",
    )
    with FakeServer(session.serve) as server:
        assert run(server, *lines, strict=True) == 0
    assert run.errors == ""
    assert [(each["command"], each["target"], each["data"]) for each in session.requests[2:]] == [
        ("conversation.answer", LEG, {}),
        ("interaction.consult", CALL, {"destination": "4002"}),
        ("conversation.release", LEG, {}),
        ("interaction.complete", CALL, {"disposition": {"code": "RESOLVED", "note": "is happy now"}}),
    ]


def test_a_script_that_works_goes_on_when_nothing_comes(run: Runs) -> None:
    session = Session({"session.start": [*STARTED, *RINGING], "interaction.accept": ANSWERED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "work --timeout 0.5", "session.logout") == 0
    commands = [each["command"] for each in session.requests]
    assert commands == ["session.start", "interaction.accept", "conversation.release", "session.logout"]


def test_a_script_can_take_a_chat(run: Runs) -> None:
    chats = about("channel.created", channel("chat-2", loginstate="ACTIVE", agentstate="READY"))
    session = Scene(
        {"session.start": [*STARTED, chats], "interaction.accept": CHAT_STARTED},
        {"channel.ready": CHAT_OFFERED, "interaction.message.send": [SAID]},
    )
    lines = (
        "session.start",
        "channel.ready @chat-2",
        "expect interaction.preview",
        "answer",
        'say Hello, "you"',
        "expect interaction.message.added @Carol",
    )
    with FakeServer(session.serve) as server:
        assert run(server, *lines, strict=True) == 0
    assert [(each["command"], each["data"]) for each in session.requests[2:]] == [
        ("interaction.accept", {}),
        ("interaction.message.send", {"text": 'Hello, "you"'}),
    ]


@pytest.mark.parametrize(
    "expected",
    [
        "interaction.preview @4002",
        "conversation.created @i2",
        "interaction.preview @chat-2",
        "channel.infochanged @i1",
        "state.updated @session",
    ],
)
def test_an_event_about_what_belongs_elsewhere_is_not_the_expected_one(run: Runs, expected: str) -> None:
    session = Session({"session.start": [*STARTED, *RINGING]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", f"expect {expected} --timeout 0.05") == 1
    assert f"no {expected} within" in run.errors


@pytest.mark.parametrize(
    "expected",
    [
        "interaction.preview @4001",
        "interaction.preview @i1",
        "interaction.preview @Sales",
        "conversation.created @i1",
        "conversation.created @4001",
        'conversation.member.added @"Anna Moss"',
        "state.updated @i1",
    ],
)
def test_an_event_is_expected_by_any_name_of_what_it_is_about(run: Runs, expected: str) -> None:
    session = Session({"session.start": [*STARTED, *RINGING]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", f"expect {expected} --timeout 5") == 0


# Not even begun


def test_a_script_that_cannot_be_understood_is_not_begun(run: Runs) -> None:
    assert run("ws://127.0.0.1:1/agent", "session.start", "nonsense") == 1
    assert run.errors == "ixp: line 2, column 1: there is no command nonsense; `help` in `ixp talk` lists all\n"


def test_a_server_that_is_not_there_is_status_1(run: Runs, unused_port: int) -> None:
    assert run(f"ws://127.0.0.1:{unused_port}/agent", "session.start") == 1
    assert "cannot be reached (Connection refused); start `ixp serve`" in run.errors


def test_a_refused_login_is_status_1_and_printed_without_the_password(run: Runs) -> None:
    with FakeServer(lambda peer: peer.send(failure(peer.take(), "AUTH_FAILED", "check both"))) as server:
        assert run(server, "session.start") == 1
    assert run.errors == "ixp: prepareSession was refused for agent1: check both\n"
    assert run.messages[0]["original"]["data"]["agent"] == {"id": "agent1", "password": "***"}


def test_a_session_elsewhere_needs_override(run: Runs) -> None:
    def play(peer: Peer) -> None:
        request = peer.take()
        answer = {"command": "prepareSession", "result": "confirm", "message": "there is one", "original": request}
        peer.send({**answer, "requestid": request["requestid"]})

    with FakeServer(play) as server:
        assert run(server, "session.start") == 1
    assert (
        run.errors
        == "ixp: agent1 has a session already, perhaps one that was left with quit; take it over with --override\n"
    )
    session = Session()
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", override=True) == 0
