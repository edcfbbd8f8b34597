"""What is traced of requests over real sockets, of reports, timers and ends: which spans, and what stands in them."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import attrs
import pytest
import trio
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode, get_current_span
from trio_websocket import WebSocketConnection, open_websocket

from engine.config import Agent, Limits, SessionSettings, Settings, Supervisor
from engine.observe import Traces
from engine.security.identities import Identities
from engine.sessions.desktop import Desktop
from engine.transport.server import AgentServer
from protocol.errors import FailureCode, Refused
from protocol.states import AgentState, DisposalCause, LoginState
from tests.engine.observe.followed import Followed, attributes
from tests.engine.sessions.conftest import SETTINGS, World
from tests.fakes.adapter import channel

MARK = "zqzq"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
ADA = {"id": "ada", "password": "x"}
GRACE = {"id": "grace", "password": "y"}


@pytest.fixture
def followed() -> Followed:
    return Followed()


@pytest.fixture
def settings() -> Settings:
    return attrs.evolve(SETTINGS, sessions=SessionSettings(not_ready_after_s=0.01))


@pytest.fixture
def traces(followed: Followed) -> Traces:
    return followed.traces


@attrs.define
class Client:
    websocket: WebSocketConnection
    followed: Followed
    session: str = ""

    async def ask(self, command: str, data: Any = None, path: str | None = "", **more: Any) -> None:
        """Send, and return when its span has ended: then the last message that came of it is on the way."""
        before = len(self._ended())
        target = {} if path is None else {"target": ".".join(filter(None, (self.session, path)))}
        await self.websocket.send_message(json.dumps({"command": command, "data": data or {}, **target, **more}))
        await self.wait_ended(before + 1)

    async def wait_ended(self, roots: int, name: str | None = None) -> None:
        """Return when so many roots are there; with `name`, of this name."""
        with trio.fail_after(10):
            while len(self._ended(name)) < roots:  # noqa: ASYNC110 - the SDK has no event for it
                await trio.sleep(0.001)

    def _ended(self, name: str | None = None) -> list[ReadableSpan]:
        spans = self.followed.exporter.get_finished_spans()
        return [span for span in spans if span.kind is not SpanKind.INTERNAL and name in (None, span.name)]

    async def hear(self) -> Any:
        return json.loads(await self.websocket.get_message())

    async def hear_all(self, last: int) -> list[int]:
        """The numbers of the messages up to this one that nobody has heard yet."""
        numbers = [(await self.hear()).get("seq", 0)]
        while numbers[-1] < last:
            numbers.append((await self.hear())["seq"])
        return numbers

    async def at_work(self) -> None:
        await self.ask("prepareSession", {"override": False, "agent": ADA}, None)
        self.session = (await self.hear())["data"]["session"]["id"]
        await self.ask("bindSession")
        await self.hear()
        await self.ask("session.start")
        await self.ask("session.addchannel", {"channel": {"endpoint": "4001", "type": "Telephony"}})
        await self.ask("channel.activate", path="c1")
        assert await self.hear_all(9) == list(range(1, 10))
        self.followed.take()


@pytest.fixture
async def client(world: World, followed: Followed) -> AsyncIterator[Client]:
    server = AgentServer(
        registry=world.registry,
        identities=Identities([Agent(id="ada", password="x")], [Supervisor(id="grace", password="y")]),
        limits=Limits(),
        metrics=world.metrics,
        traces=followed.traces,
    )
    port = await world.nursery.start(server.serve, "127.0.0.1", 0)
    async with open_websocket("127.0.0.1", port, "/agent", use_ssl=False, message_queue_size=100) as websocket:
        yield Client(websocket, followed)


def named(spans: list[ReadableSpan], name: str) -> ReadableSpan:
    (found,) = (span for span in spans if span.name == name)
    return found


async def test_a_request_is_followed_from_its_arrival_to_its_last_event(client: Client) -> None:
    await client.at_work()
    await client.ask("channel.ready", path="c1")
    spans = client.followed.exporter.get_finished_spans()
    root, parts = client.followed.take_one()
    assert (root.name, root.kind, root.parent) == ("channel.ready", SpanKind.SERVER, None)
    assert attributes(root) == {
        "ixp.command": "channel.ready",
        "ixp.session": client.session,
        "ixp.agent": "ada",
        "ixp.seq.first": 10,
        "ixp.seq.last": 12,
        "ixp.result": "success",
    }
    assert parts == ["wait", "step", "call SetAgentState", "step", "journal", "send"]
    assert await client.hear_all(12) == [10, 11, 12]
    assert root.start_time is not None
    assert root.end_time is not None
    assert all(root.start_time <= (s.start_time or 0) and (s.end_time or 0) <= root.end_time for s in spans)
    assert root.status.status_code is StatusCode.UNSET


async def test_the_client_s_trace_goes_on(client: Client) -> None:
    await client.at_work()
    await client.ask("channel.ready", path="c1", traceparent=f"00-{TRACE}-{PARENT}-01")
    root, _ = client.followed.take_one()
    assert root.parent is not None
    assert (f"{root.parent.trace_id:032x}", f"{root.parent.span_id:016x}") == (TRACE, PARENT)
    for rubbish in (5, None, "", MARK, f"00-{TRACE}-{PARENT}", {"x": 1}, f"00-{'0' * 32}-{PARENT}-01"):
        await client.ask("channel.ready", path="c1", traceparent=rubbish)
        root, _ = client.followed.take_one()
        assert root.parent is None


@pytest.mark.parametrize(
    ("code", "status"),
    [(FailureCode.REASON_REQUIRED, StatusCode.UNSET), (FailureCode.PLATFORM_ERROR, StatusCode.ERROR)],
)
async def test_a_failure_is_an_error_unless_the_client_is_to_blame(
    world: World, client: Client, code: FailureCode, status: StatusCode
) -> None:
    async def refuse(*_: object) -> None:
        raise Refused(code, f"{MARK} is what somebody wrote")

    await client.at_work()
    world.adapter.answer = refuse
    await client.ask("channel.ready", path="c1")
    root, _ = client.followed.take_one()
    assert (attributes(root)["ixp.result"], root.status.status_code) == (code, status)


async def test_a_defect_ends_its_span(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object) -> None:
        raise ZeroDivisionError(MARK)

    await client.at_work()
    monkeypatch.setattr(world.journal, "put", defect)
    await client.ask("channel.ready", path="c1")
    root = named(client.followed.take(), "channel.ready")
    assert (attributes(root)["ixp.result"], root.status.status_code) == ("INTERNAL_ERROR", StatusCode.ERROR)


async def test_what_connections_answer_is_followed_too(client: Client) -> None:
    steps: list[tuple[str, dict[str, Any], str | None, str]] = [
        ("prepareSession", {"override": False, "agent": {**ADA, "password": "no"}}, None, "AUTH_FAILED"),
        ("prepareSession", {"override": False, "agent": ADA}, None, "success"),
        ("prepareSession", {"override": False, "agent": ADA}, None, "confirm"),
        ("bindSession", {}, "nobody", "INVALID_TARGET"),
        ("channel.ready", {}, "nobody.c1", "NOT_BOUND"),
        (f"session.{MARK}", {}, "nobody", "UNKNOWN_COMMAND"),
        ("supervisor.list", {}, None, "NOT_AUTHENTICATED"),
        ("supervisor.login", {"supervisor": GRACE}, None, "success"),
    ]
    for command, data, path, result in steps:
        await client.ask(command, data, path)
        root, parts = client.followed.take_one()
        assert root.name == ("unknown" if MARK in command else command)
        assert attributes(root) == {"ixp.command": root.name, "ixp.result": result}
        assert parts == []


async def test_bindings_are_followed_and_what_waits_for_its_turn(client: Client) -> None:
    await client.at_work()
    for command in ("unbindSession", "bindSession"):
        await client.ask(command)
        await client.wait_ended(1, command)  # on a slow machine the absence between the two has its timer, another root
        roots = [span for span in client.followed.take() if span.parent is None and span.name == command]
        assert [attributes(span)["ixp.result"] for span in roots] == ["success"]


async def test_reports_timers_and_ends_are_followed(world: World, client: Client) -> None:
    await client.at_work()
    assert world.adapter.sink is not None
    world.adapter.sink.report("ada", channel("4001", LoginState.ACTIVE, AgentState.READY))
    await client.wait_ended(1)
    root, parts = client.followed.take_one()
    assert (root.name, root.kind) == ("report ChannelReport", SpanKind.CONSUMER)
    about = {"ixp.session": client.session, "ixp.agent": "ada"}
    assert attributes(root) == {**about, "ixp.seq.first": 10, "ixp.seq.last": 11}
    assert parts == ["step", "journal", "send"]
    (entry,) = world.registry
    entry.actor.unbind(cast(Desktop, entry.actor.desktop))
    await client.wait_ended(1)
    root, parts = client.followed.take_one()
    assert (root.name, parts) == ("timer", ["step", "call SetAgentState", "step", "journal"])
    entry.actor.end(DisposalCause.TAKEOVER, MARK)
    await client.wait_ended(1)
    root, parts = client.followed.take_one()
    assert (root.name, parts) == ("end", ["step", "journal"])
    assert attributes(root) == {**about, "ixp.seq.first": 14, "ixp.seq.last": 14}


async def test_an_order_is_followed_on_both_sides(client: Client) -> None:
    await client.at_work()
    await client.ask("supervisor.login", {"supervisor": GRACE}, None)
    client.followed.take()
    order = {"channel": {"id": "c1"}, "agentstate": "READY", "why": MARK}
    await client.ask("supervisor.setagentstate", order)
    await client.wait_ended(2)
    spans = client.followed.take()
    assert attributes(named(spans, "supervisor.setagentstate"))["ixp.result"] == "success"
    assert attributes(named(spans, "supervisor"))["ixp.session"] == client.session


async def test_the_adapter_s_call_is_the_current_span_and_nothing_else_is(world: World, client: Client) -> None:
    seen = []
    answer = world.adapter.answer

    async def look(*arguments: Any) -> Any:
        seen.append(get_current_span().get_span_context().span_id)
        return None if answer is None else await answer(*arguments)

    await client.at_work()
    world.adapter.answer = look
    await client.ask("channel.ready", path="c1")
    call = named(client.followed.take(), "call SetAgentState")
    assert call.context is not None
    assert seen == [call.context.span_id]
    assert not get_current_span().get_span_context().is_valid


async def test_nobody_s_words_stand_in_a_span(world: World, client: Client) -> None:
    await client.at_work()
    for command, data in (
        ("channel.notready", {"reason": {"code": MARK}}),
        ("channel.dial", {"destination": MARK}),
        (f"channel.{MARK}", {MARK: MARK}),
        ("channel.ready", {}),
    ):
        await client.ask(command, data, "c1", requestid=MARK, traceparent=MARK)
    spans = client.followed.take()
    assert len(spans) > 12
    assert MARK not in "".join(span.to_json() for span in spans)
    assert not any(span.events for span in spans)
