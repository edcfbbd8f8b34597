"""Only operators control the simulator; in the demo, whoever is on this machine, but no page that they look at."""

import contextlib
import re
from typing import cast

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from engine.config import Operator
from engine.security.door import Door
from engine.security.people import Identity
from engine.security.settings import Role
from engine.simulation import access as module
from engine.simulation.access import Access
from engine.simulation.operations import OPERATIONS, Operation
from protocol.errors import Refused
from tests.engine.simulation.stage import controlled, person_of

ADA, BOB = person_of("ada", "ada's key of many letters"), person_of("bob", "another key of many letters")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


REFUSED: list[tuple[dict[str, str], str]] = [
    ({}, "NOT_AUTHENTICATED"),
    ({"Authorization": ""}, "NOT_AUTHENTICATED"),
    ({"Authorization": "Bearer"}, "NOT_AUTHENTICATED"),
    ({"Authorization": "Bearer "}, "NOT_AUTHENTICATED"),
    ({"Authorization": f"Basic {ADA.key}"}, "NOT_AUTHENTICATED"),
    ({"Authorization": ADA.key}, "NOT_AUTHENTICATED"),
    (bearer("wrong"), "AUTH_FAILED"),
    (bearer(ADA.key[:-1]), "AUTH_FAILED"),
    (bearer(f"{ADA.key}x"), "AUTH_FAILED"),
    (bearer(ADA.id), "AUTH_FAILED"),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_no_operation_without_a_key(operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", "x", operation.path)
    async with controlled(ADA, BOB) as control:
        for headers, code in REFUSED:
            answer = await control.ask(operation.method, path, headers=headers)
            assert answer.status_code == 401, headers
            assert answer.json()["failure"]["code"] == code
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "[[operators]]" in answer.json()["failure"]["message"]


async def test_it_is_checked_before_the_body_is_looked_at() -> None:
    async with controlled(ADA) as control:
        assert (await control.ask("POST", "/calls", content=b"{")).status_code == 401


@pytest.mark.parametrize("person", [ADA, BOB], ids=lambda person: person.id)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_every_operator_gets_in_and_the_log_says_who_did_what(person: Operator, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {person.key}"}
    async with controlled(ADA, BOB) as control:
        with capture_logs() as logs:
            answer = await control.ask("POST", "/calls", {"to": "Sales", "from": "+1"}, headers=headers)
            assert answer.status_code == 201
            call = answer.json()["call"]
            assert (await control.ask("POST", f"/calls/{call}/hangup", headers=headers)).status_code == 204
            assert (await control.ask("GET", "", headers=headers)).status_code == 200
    login, *operations = logs
    assert (login["event"], login["who"], login["role"], login["how"]) == ("login", person.id, "operator", "http")
    told = [(entry["event"], entry["operation"], entry["operator"], entry["at"].get("call")) for entry in operations]
    assert told == [
        ("simulator_operation", "call", person.id, None),
        ("simulator_operation", "call_hangup", person.id, call),
    ]


async def test_a_key_is_never_logged_or_answered() -> None:
    async with controlled(ADA) as control:
        with capture_logs() as logs:
            answers = [await control.ask("GET", "", headers=bearer(key)) for key in (ADA.key, "a wrong key")]
    assert [entry["event"] for entry in logs] == ["login", "login_failed", "simulator_access_refused"]
    said = repr(logs) + "".join(answer.text for answer in answers)
    assert ADA.key not in said
    assert "a wrong key" not in said


class Who:
    """A door that lets everybody in as whom they show: `ID.ROLE.WHATEVER`."""

    async def bearer(self, shown: str, address: str) -> Identity:
        id_, role, token = shown.split(".")
        return Identity(id=id_, role=Role(role), token_id=token)


def asking(shown: str, address: str) -> Request:
    headers = [(b"authorization", f"Bearer {shown}".encode())]
    return Request({"type": "http", "headers": headers, "client": (address, 1)})


async def recorded(access: Access, shown: str, address: str = "192.0.2.1") -> list[str]:
    with capture_logs() as logs, contextlib.suppress(Refused):
        await access.check(asking(shown, address), asked="metrics")
    return [f"{entry['event']} {entry['who']} {entry['address']}" for entry in logs]


async def test_a_key_or_token_is_recorded_when_it_is_first_used_from_somewhere() -> None:
    access = Access(cast(Door, Who()))
    assert await recorded(access, "olga.operator.a") == ["login olga 192.0.2.1"]
    assert await recorded(access, "olga.operator.a") == []
    assert await recorded(access, "olga.operator.b") == ["login olga 192.0.2.1"]
    assert await recorded(access, "olga.operator.b", "2001:db8::1") == ["login olga 2001:db8::1"]
    assert await recorded(access, "olga.operator.b", "2001:db8::2") == []
    assert await recorded(access, "olga.operator.a") == []


async def test_what_is_remembered_of_that_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORDED_AT_MOST", 2)
    access = Access(cast(Door, Who()))
    for token in ("a", "b", "a", "c"):
        await recorded(access, f"olga.operator.{token}")
    assert len(access._recorded) == 2
    assert await recorded(access, "olga.operator.a") == []
    assert await recorded(access, "olga.operator.b") == ["login olga 192.0.2.1"]


@pytest.mark.parametrize("role", ["agent", "service", "supervisor"])
async def test_whoever_else_tries_is_recorded_each_time_and_as_nothing_else(role: str) -> None:
    access = Access(cast(Door, Who()))
    for _ in range(2):
        with capture_logs() as logs, pytest.raises(Refused, match="no operator"):
            await access.check(asking(f"ada.{role}.a", "192.0.2.1"), asked="metrics")
        assert logs == [
            {
                "event": "overreach",
                "log_level": "warning",
                "who": "ada",
                "role": role,
                "asked": "metrics",
                "address": "192.0.2.1",
            }
        ]


async def test_a_server_without_operators_lets_nobody_in() -> None:
    async with controlled() as control:
        assert (await control.ask("GET", "", headers=bearer("x"))).status_code == 401
        assert (await control.ask("GET", "", headers=bearer(""))).status_code == 401


async def test_with_keys_it_does_not_matter_where_from() -> None:
    async with controlled(ADA, host="contact-centre.example") as control:
        headers = {**bearer(ADA.key), "Origin": "https://desk.example"}
        assert (await control.ask("GET", "", headers=headers)).status_code == 200


# The demo


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.0.0.1", "localhost:8080", "[::1]:8080", "127.1.2.3:1"])
async def test_the_demo_answers_on_this_machine(host: str) -> None:
    async with controlled(demo=True, host=host) as control:
        assert (await control.ask("GET", "")).status_code == 200
        same = {"Origin": f"http://{host}"}
        assert (await control.ask("POST", "/platform/lose", headers=same)).status_code == 204


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8080", "192.0.2.7:8080", "localhost.evil"])
async def test_the_demo_answers_to_no_name_that_others_may_give_this_machine(host: str) -> None:
    async with controlled(demo=True) as control:
        status, code, message = await control.failed("GET", "", headers={"Host": host})
        assert (status, code) == (403, "FORBIDDEN")
        assert "use 127.0.0.1" in message


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:9999"])
async def test_no_foreign_page_reaches_the_demo(origin: str) -> None:
    async with controlled(demo=True) as control:
        status, code, message = await control.failed("POST", "/platform/lose", headers={"Origin": origin})
        assert (status, code) == (403, "FORBIDDEN")
        assert "ixp simulate" in message


async def test_a_broken_host_is_none_of_ours() -> None:
    async with controlled(demo=True) as control:
        for host in ("[::1", "", "[", "127.0.0.1:x"):
            assert (await control.ask("GET", "", headers={"Host": host})).status_code in (200, 403)
        assert (await control.ask("GET", "", headers={"Host": "[::1"})).status_code == 403
