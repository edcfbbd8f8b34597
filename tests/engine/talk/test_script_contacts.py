"""Scripts that take calls and chats."""

from tests.engine.talk.fake_server import (
    STARTED,
    FakeServer,
    JsonObject,
    Secondary,
    Session,
    about,
    channel,
)
from tests.engine.talk.runs import Runs
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
