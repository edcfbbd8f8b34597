"""Each operation over HTTP: what it does, and what it says to everything that is wrong."""

import re
from typing import Any

import attrs
import pytest

from engine.adapters.simulator.settings import demo_settings
from engine.http.guard import BODY_BYTES
from engine.simulation.bodies import Nothing
from engine.simulation.operations import OPERATIONS, Operation
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddGroup,
    InteractionReport,
    LogoutAgent,
    RequestScreenshot,
    SetAgentState,
    ShowForm,
    StartAgent,
)
from protocol.states import AgentState, InteractionState
from tests.engine.simulation.stage import Controlled, controlled

POSTS = [operation for operation in OPERATIONS if operation.takes is not None]
WITH_BODY = [operation for operation in POSTS if operation.takes is not Nothing]
NAMED = [operation for operation in OPERATIONS if "{" in operation.path]

CHAT = "Default-chat-agent1"


def by_name(operation: Operation) -> str:
    return operation.name


def path_of(operation: Operation, name: str = "nobody") -> str:
    return re.sub(r"\{\w+\}", name, operation.path)


def ready(control: Controlled) -> None:
    """agent1 has a session, with phone and media, all ready."""
    switch = control.switch
    switch.perform("agent1", StartAgent())
    for channel in switch.perform("agent1", AddGroup(name="Default", chat=True, email=True, callback=True)).channels:
        switch.perform("agent1", ActivateChannel(endpoint=channel.endpoint))
        switch.perform("agent1", SetAgentState(endpoint=channel.endpoint, agentstate=AgentState.READY))


async def accept(control: Controlled, contact: str) -> InteractionReport:
    """agent1 takes the contact."""
    control.advance(1)
    (visit,) = control.switch.contacts.get(contact).visits  # type: ignore[union-attr]
    call = AcceptInteraction(endpoint=visit.endpoint.address, interaction=visit.id)
    return control.switch.perform("agent1", call)


def contact_of(control: Controlled, contact: str) -> Any:
    found = control.switch.contacts.get(contact)
    assert found is not None, f"{contact} is not there"
    return found


# Calls


async def test_a_call_rings_is_answered_and_hung_up(control: Controlled) -> None:
    ready(control)
    body = {
        "to": "4001",
        "from": "+15550100",
        "data": {"topic": "invoice", "more": {"a": "b"}},
        "script": {"name": "Ada", "patience_s": 5},
    }
    made = await control.made("/calls", body)
    assert list(made) == ["call"]
    call = contact_of(control, made["call"])
    assert (call.customer, call.data) == ("+15550100", {"topic": "invoice", "more": {"a": "b"}})
    assert call.visits[0].state is InteractionState.ALERTING
    assert call.visits[0].report().legs[0].members[0].name == "Ada"
    await control.done("/phones/4001/answer")
    assert call.visits[0].state is InteractionState.STARTED
    await control.done(f"/calls/{made['call']}/digits", {"digits": "12#"})
    assert call.data["digits"] == "12#"
    await control.done("/phones/4001/hold")
    await control.done("/phones/4001/retrieve")
    await control.done(f"/calls/{made['call']}/hangup")
    assert call.outcome == "answered"


async def test_the_script_of_a_call_is_kept_to(control: Controlled) -> None:
    await control.done("/phones/4001/login", {"agent": "agent1"})
    made = await control.made("/calls", {"to": "4001", "from": "+1", "script": {"patience_s": 5}})
    call = contact_of(control, made["call"])
    control.advance(4.9)
    assert call.outcome is None
    control.advance(0.2)
    assert call.outcome == "abandoned"


async def test_a_call_needs_no_more_than_two_numbers(control: Controlled) -> None:
    made = await control.made("/calls", {"to": "Sales", "from": "+1"})
    assert contact_of(control, made["call"]).data == {}


# Chats


async def test_a_chat_from_its_beginning_to_its_end(control: Controlled) -> None:
    ready(control)
    script = {"steps": [{"do": "say", "text": "Hello"}], "patience_s": 60}
    chat = (await control.made("/chats", {"queue": "Sales", "name": "Ada", "data": {"a": "b"}, "script": script}))[
        "chat"
    ]
    report = await accept(control, chat)
    await control.done(f"/chats/{chat}/messages", {"text": "Anybody there?"})
    (visit,) = contact_of(control, chat).visits
    assert [message.text for message in visit.report().transcript] == ["Hello", "Anybody there?"]
    await control.done(f"/chats/{chat}/typing", {"on": True})
    await control.done(f"/chats/{chat}/file", {"name": "a.png", "url": "https://example.com/a.png", "size": 5})
    about = {"endpoint": CHAT, "interaction": report.id}
    control.switch.perform("agent1", ShowForm(**about, form="address"))
    await control.done(f"/chats/{chat}/form", {"form": "address", "values": {"town": "Ulm"}})
    control.switch.perform("agent1", RequestScreenshot(**about))
    await control.done(f"/chats/{chat}/screenshot", {"accepted": True, "url": "https://example.com/s.png"})
    await control.done(f"/chats/{chat}/signal", {"name": "video", "data": {"on": "yes"}})
    await control.done(f"/chats/{chat}/join", {"name": "Grace"})
    assert (await control.failed("POST", f"/chats/{chat}/join", {"name": "Heidi"}))[1] == "INVALID_STATE"
    await control.done(f"/chats/{chat}/part")
    contact = contact_of(control, chat)
    await control.done(f"/chats/{chat}/leave")
    assert contact.outcome == "answered"


async def test_what_the_customer_of_a_chat_can_do_is_chosen(control: Controlled) -> None:
    ready(control)
    chat = (await control.made("/chats", {"queue": "Sales", "name": "Ada", "abilities": ["url"]}))["chat"]
    await accept(control, chat)
    status, code, _ = await control.failed("POST", f"/chats/{chat}/signal", {"name": "video"})
    assert (status, code) == (501, "UNSUPPORTED")


async def test_a_script_whose_step_is_wrong_is_refused_with_its_path(control: Controlled) -> None:
    body = {"queue": "Sales", "name": "Ada", "script": {"steps": [{"do": "say", "text": "a"}, {"do": "dance"}]}}
    status, code, message = await control.failed("POST", "/chats", body)
    assert (status, code) == (400, "INVALID_REQUEST")
    assert message.startswith("body.script.steps[1].do: expected one of wait, ")
    assert len(control.switch.contacts) == 0


# Emails and callbacks


async def test_an_email_comes_is_followed_and_withdrawn(control: Controlled) -> None:
    ready(control)
    body = {
        "queue": "Sales",
        "from": "ada@example.com",
        "subject": "Parcel",
        "text": "Where is it?",
        "data": {"a": "b"},
    }
    email = (await control.made("/emails", body))["email"]
    report = await accept(control, email)
    assert report.data == {"from": "ada@example.com", "subject": "Parcel", "a": "b"}
    await control.done(f"/emails/{email}/messages", {"text": "It has come"})
    contact = contact_of(control, email)
    assert [message.text for message in contact.visits[0].report().transcript] == ["Where is it?", "It has come"]
    await control.done(f"/emails/{email}/withdraw")
    assert contact.outcome == "answered"


async def test_a_callback_comes_and_is_withdrawn(control: Controlled) -> None:
    made = await control.made("/callbacks", {"queue": "Sales", "number": "+15550100", "name": "Ada"})
    contact = contact_of(control, made["callback"])
    assert contact.data == {"number": "+15550100"}
    await control.done(f"/callbacks/{made['callback']}/withdraw")
    assert contact.outcome == "abandoned"


# Phones


async def test_everything_that_can_be_done_at_a_phone(control: Controlled) -> None:
    desk = control.switch.agents.desks["agent1"]
    await control.done("/phones/4001/login", {"agent": "agent1"})
    assert list(desk.logins) == ["4001"]
    await control.done("/phones/4001/state", {"agentstate": "NOTREADY", "reason": "LUNCH"})
    assert desk.logins["4001"].seen_by("agent1").reason == "LUNCH"
    await control.done("/phones/4001/state", {"agentstate": "READY"})
    await control.done("/phones/4001/dial", {"destination": "+15550100"})
    assert len(desk.logins["4001"].visits) == 1
    await control.done("/phones/4001/hangup")
    assert not desk.logins["4001"].visits
    await control.made("/calls", {"to": "4001", "from": "+1"})
    await control.done("/phones/4001/reject")
    await control.done("/phones/4001/automatic", {"answers_after_s": 1, "talks_s": 3})
    call = contact_of(control, (await control.made("/calls", {"to": "4001", "from": "+1"}))["call"])
    control.advance(1.5)
    assert call.visits[0].state is InteractionState.STARTED
    control.advance(3)
    assert call.outcome == "answered"
    await control.done("/phones/4001/automatic", {"on": False})
    assert desk.logins["4001"].automatic is None
    await control.done("/phones/4001/logout")
    assert not desk.logins


# The platform


async def test_the_platform_is_lost(control: Controlled) -> None:
    class Line:
        lost = 0

        def changed(self, *_: object) -> None: ...

        def broken(self) -> None:
            Line.lost += 1

    control.switch.connect(Line())
    await control.done("/platform/lose")
    assert Line.lost == 1


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"call": "Dance"}, "body.call: there is no call Dance"),
        ({"agent": "nobody"}, "body.agent: there is no agent"),
        ({"call": "LogoutAgent", "endpoint": "4001"}, "body.endpoint: LogoutAgent is about no endpoint"),
    ],
)
async def test_a_fault_that_can_strike_nothing_is_refused(
    control: Controlled, wrong: dict[str, str], problem: str
) -> None:
    body = {"call": "SetAgentState", "kind": "error"} | wrong
    status, code, message = await control.failed("POST", "/platform/faults", body)
    assert (status, code) == (404, "INVALID_TARGET")
    assert message.startswith(problem)


async def test_a_fault_strikes_from_now_on(control: Controlled) -> None:
    await control.done("/platform/faults", {"call": "LogoutAgent", "kind": "error", "code": "CHANNEL_INACTIVE"})
    struck = control.switch.faults.strike("agent1", LogoutAgent())
    assert struck is not None
    assert (struck.kind, struck.code) == ("error", "CHANNEL_INACTIVE")


# What there is


async def test_the_overview_of_an_idle_simulator(control: Controlled) -> None:
    now = await control.seen()
    assert now["contacts"] == []
    assert now["contacts_left_out"] == 0
    assert now["queues"] == [
        {"queue": "Sales", "number": "4910", "waiting": 0, "longest_s": 0},
        {"queue": "Service", "number": "4911", "waiting": 0, "longest_s": 0},
    ]
    assert now["agents"][1] == {
        "agent": "agent2",
        "name": "Agent 2",
        "extension": "4002",
        "session": False,
        "channels": [],
    }
    assert now["totals"] == {
        "offered": 0,
        "answered": 0,
        "abandoned": 0,
        "turned_away": 0,
        "overflowed": 0,
        "failed": 0,
    }
    assert now["time"] == "1970-01-01T00:00:00.000Z"
    assert set(now) == {"time", "contacts", "contacts_left_out", "queues", "agents", "totals"}


async def test_the_overview_shows_who_waits_and_who_talks(control: Controlled) -> None:
    ready(control)
    await control.done("/phones/4002/login", {"agent": "agent2"})
    first = (await control.made("/calls", {"to": "Sales", "from": "+1", "data": {"a": "b"}}))["call"]
    control.advance(2)
    await control.done("/phones/4001/answer")
    control.switch.perform("agent1", SetAgentState(endpoint="4001", agentstate=AgentState.NOTREADY, reason="LUNCH"))
    second = (await control.made("/calls", {"to": "4910", "from": "+2"}))["call"]
    control.advance(3)
    now = await control.seen()
    talking, waiting = now["contacts"]
    (visit,) = contact_of(control, first).visits
    assert talking == {
        "contact": first,
        "type": "TELEPHONY",
        "customer": "+1",
        "since_s": 5,
        "data": {"a": "b"},
        "agents": [
            {
                "interaction": visit.id,
                "endpoint": "4001",
                "agent": "agent1",
                "direction": "INBOUND",
                "state": "STARTED",
            }
        ],
    }
    assert waiting == {
        "contact": second,
        "type": "TELEPHONY",
        "customer": "+2",
        "since_s": 3,
        "data": {},
        "agents": [],
        "queue": "Sales",
    }
    assert now["queues"][0] == {"queue": "Sales", "number": "4910", "waiting": 1, "longest_s": 3}
    agents = {each["agent"]: each for each in now["agents"]}
    assert agents["agent1"]["session"]
    assert agents["agent1"]["channels"][0] == {
        "endpoint": "4001",
        "type": "TELEPHONY",
        "agentstate": "READY",
        "pendingagentstate": "NOTREADY",
        "interactions": 1,
    }
    assert [each["agentstate"] for each in agents["agent2"]["channels"]] == ["NOTREADY"]
    assert (now["totals"]["offered"], now["totals"]["answered"]) == (2, 0)


async def test_of_many_contacts_the_oldest_are_shown(control: Controlled) -> None:
    for number in range(203):
        control.switch.call("Sales", f"+{number}")
    now = await control.seen()
    assert [each["customer"] for each in now["contacts"]] == [f"+{number}" for number in range(200)]
    assert now["contacts_left_out"] == 3
    assert now["queues"][0]["waiting"] == 203


# What is wrong with a body

WRONG_OF_KIND: dict[str, list[Any]] = {
    "text": [5, None, ["a"], {}, ""],
    "number": ["5", None, True, -1, 1e300],
    "flag": ["true", 1, None],
    "object": ["a", 5, [], {"a": 5}, {"a": {"b": 5}}],
    "list": ["file", {}, ["fly"], [5]],
}

KINDS = {
    "data": "object",
    "values": "object",
    "script": "object",
    "abilities": "list",
    "on": "flag",
    "accepted": "flag",
    **dict.fromkeys(("size", "agents", "seed", "contacts", "minutes", "speed", "answers_after_s", "talks_s"), "number"),
    **dict.fromkeys(("skip", "times"), "number"),
}
"""What each property is; the others are texts."""

GOOD = {
    "digits": "1",
    "url": "https://example.com",
    "agentstate": "READY",
    "agent": "agent1",
    "agents": 1,
    "seed": 1,
    "accepted": True,
    "call": "SetAgentState",
    "kind": "hang",
    "on": True,
    "values": {},
}
"""A value for each property that is needed; any text will do for the others."""


def good_body(operation: Operation) -> dict[str, Any]:
    assert operation.takes is not None
    needed = [field for field in attrs.fields(operation.takes) if field.default is attrs.NOTHING]
    return {name: GOOD.get(name, "x") for name in (field.name.rstrip("_") for field in needed)}


@pytest.mark.parametrize("operation", WITH_BODY, ids=by_name)
async def test_a_wrong_property_is_named(control: Controlled, operation: Operation) -> None:
    for name in (field.name.rstrip("_") for field in attrs.fields(operation.takes)):
        for wrong in WRONG_OF_KIND[KINDS.get(name, "text")]:
            if (operation.name, name, wrong) == ("email", "subject", ""):
                continue  # an email may be without one
            body = good_body(operation) | {name: wrong}
            status, code, message = await control.failed(operation.method, path_of(operation), body)
            assert (status, code) == (400, "INVALID_REQUEST"), body
            assert message.startswith(f"body.{name}"), message
            assert re.search(r"expected |has no ", message), message
    assert len(control.switch.contacts) == 0


@pytest.mark.parametrize("operation", WITH_BODY, ids=by_name)
async def test_a_needed_property_that_is_missing_is_named(control: Controlled, operation: Operation) -> None:
    whole = good_body(operation)
    for name in whole:
        body = {other: value for other, value in whole.items() if other != name}
        answer = await control.failed(operation.method, path_of(operation), body)
        assert answer == (400, "INVALID_REQUEST", f"body.{name}: is required")


@pytest.mark.parametrize("operation", POSTS, ids=by_name)
async def test_a_property_that_there_is_not_is_named(control: Controlled, operation: Operation) -> None:
    body = good_body(operation) | {"extra": 1}
    status, code, message = await control.failed(operation.method, path_of(operation), body)
    assert (status, code) == (400, "INVALID_REQUEST")
    assert message.startswith("body: has no extra; it may hold")
    assert "_," not in message


NO_OBJECTS = {
    b"{": "not valid JSON",
    b"[]": "body: expected an object, got an array",
    b"null": "body: expected an object, got null",
    b'"x"': "body: expected an object, got text",
    b'{"a": 1, "a": 2}': "comes twice",
    b'{"to": "\\u0000"}': "NUL",
    b'{"to": "\\ud800"}': "not valid JSON",
    b"\xff": "not valid JSON",
    b"[" * 1000 + b"]" * 1000: "deep",
}


@pytest.mark.parametrize("operation", POSTS, ids=by_name)
async def test_what_is_no_object_of_json(control: Controlled, operation: Operation) -> None:
    for body, said in NO_OBJECTS.items():
        headers = {"Content-Type": "application/json"}
        answer = await control.failed(operation.method, path_of(operation), content=body, headers=headers)
        assert answer[:2] == (400, "INVALID_REQUEST"), body
        assert said in answer[2]


@pytest.mark.parametrize("operation", WITH_BODY, ids=by_name)
async def test_a_body_that_is_left_out_is_an_empty_object(control: Controlled, operation: Operation) -> None:
    status, _, message = await control.failed(operation.method, path_of(operation))
    if good_body(operation):
        assert (status, message) == (400, f"body.{next(iter(good_body(operation)))}: is required")
    else:
        assert status != 400, "nothing is needed"


@pytest.mark.parametrize("operation", POSTS, ids=by_name)
async def test_a_body_of_another_type_is_not_read(control: Controlled, operation: Operation) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"):
        headers = {"Content-Type": kind}
        answer = await control.failed(operation.method, path_of(operation), content=b"{}", headers=headers)
        assert answer == (415, "INVALID_REQUEST", f"the body is {kind}; send Content-Type: application/json")


async def test_a_type_may_say_more(control: Controlled) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    body = b'{"to": "Sales", "from": "+1"}'
    assert (await control.ask("POST", "/calls", content=body, headers=headers)).status_code == 201


async def test_a_body_has_its_bound(control: Controlled) -> None:
    body = {"to": "Sales", "from": "+1", "data": {"a": "x" * BODY_BYTES}}
    assert (await control.ask("POST", "/calls", body)).status_code == 413
    assert len(control.switch.contacts) == 0


# What is not there, or not now


@pytest.mark.parametrize("operation", NAMED, ids=by_name)
async def test_a_path_that_names_nothing(control: Controlled, operation: Operation) -> None:
    body = good_body(operation) if operation.takes else None
    status, code, message = await control.failed(operation.method, path_of(operation), body)
    phone = operation.path.startswith("/phones")
    assert (status, code) == ((409, "CHANNEL_UNAVAILABLE") if phone else (404, "INVALID_TARGET"))
    assert "nobody" in message
    assert ";" in message, "and what to do"


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        ("/calls", {"to": "999", "from": "+1"}, (422, "INVALID_DESTINATION")),
        ("/calls", {"to": "+4930", "from": "+1"}, (422, "INVALID_DESTINATION")),
        ("/chats", {"queue": "None", "name": "Ada"}, (422, "INVALID_DESTINATION")),
        ("/emails", {"queue": "None", "from": "a", "subject": "b", "text": "c"}, (422, "INVALID_DESTINATION")),
        ("/callbacks", {"queue": "None", "number": "1", "name": "Ada"}, (422, "INVALID_DESTINATION")),
        ("/phones/4001/answer", {}, (409, "INVALID_STATE")),
        ("/phones/4001/state", {"agentstate": "READY"}, (409, "CHANNEL_INACTIVE")),
        ("/phones/4001/state", {"agentstate": "READY", "reason": "LUNCH"}, (422, "INVALID_REASON")),
        ("/phones/4001/login", {"agent": "nobody"}, (404, "INVALID_TARGET")),
        ("/days", {"agents": 51, "seed": 1}, (400, "INVALID_REQUEST")),
    ],
)
async def test_what_the_switch_refuses(
    control: Controlled, path: str, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    status, code, message = await control.failed("POST", path, body)
    assert (status, code) == refusal
    assert ";" in message
    assert control.switch.live_objects() == 0


async def test_a_platform_without_the_feature_refuses() -> None:
    settings = attrs.evolve(demo_settings(), features=())
    async with controlled(demo=True, settings=settings) as control:
        answer = await control.failed("POST", "/chats", {"queue": "Sales", "name": "Ada"})
        assert answer[:2] == (501, "UNSUPPORTED")


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("", "POST", {"GET", "HEAD"}),
        ("/calls", "GET", {"POST"}),
        ("/days/day1", "POST", {"GET", "HEAD", "DELETE"}),
        ("/phones/4001/answer", "DELETE", {"POST"}),
    ],
)
async def test_a_method_that_is_not_taken(control: Controlled, path: str, method: str, allowed: set[str]) -> None:
    answer = await control.ask(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed


async def test_an_action_that_no_phone_has(control: Controlled) -> None:
    assert (await control.failed("POST", "/phones/4001/dance"))[:2] == (404, "INVALID_TARGET")


async def test_head_is_get_without_the_body(control: Controlled) -> None:
    answer = await control.ask("HEAD", "")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_index_names_every_path_once(control: Controlled) -> None:
    paths = (await control.client.get("/")).json()["paths"]
    assert len(paths) == len(set(paths))
    assert {f"/simulator{operation.path}" for operation in OPERATIONS} < set(paths)
