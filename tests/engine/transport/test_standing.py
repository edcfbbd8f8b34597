"""A connection goes when somebody for whom it speaks is another now: specs/security.md, "The end of a right"."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import Agent, Limits
from engine.security.directory import Directory, Entry
from engine.security.hashing import make_hash
from engine.security.identities import Identities
from engine.security.people import CHANGED, REVOKED, Identity, Person
from engine.security.settings import Hashing, Role
from engine.transport.connection import Connection
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import names
from tests.engine.transport.test_connection import CREDENTIALS, Line

CHEAP = Hashing(memory_kib=8, time_cost=1)
ADA = Entry(id="ada", role=Role.AGENT, hash=make_hash("secret-word", CHEAP))
BOB = Entry(id="bob", role=Role.AGENT, hash=make_hash("secret-word", CHEAP))
GRACE = Entry(id="grace", role=Role.SUPERVISOR, hash=make_hash("secret-word", CHEAP), team=("ada", "bob"))
PEOPLE = Directory(people=(ADA, BOB, GRACE))
OTHER = make_hash("another-word", CHEAP)

Open = Callable[..., Line]


@pytest.fixture
def identities(autojump_clock: MockClock) -> Identities:
    return Identities([Agent(id="zoe", password="secret-word")], directory=PEOPLE, hashing=CHEAP)


@pytest.fixture
def open_line(world: World, identities: Identities) -> Open:
    def make(identity: Identity | None = None) -> Line:
        dropped: list[str] = []
        connection = Connection(
            registry=world.registry,
            identities=identities,
            limits=Limits(),
            metrics=world.metrics,
            batched=False,
            drop=dropped.append,
            start=world.nursery.start_soon,
            identity=identity,
        )
        return Line(connection, dropped)

    return make


@pytest.fixture
def change(identities: Identities) -> Callable[..., None]:
    def change(entry: Entry, **more: Any) -> None:
        """Another directory, in which this entry is so."""
        identities.take(PEOPLE.with_entry(attrs.evolve(entry, **more)))

    return change


def resuming(prepared: dict[str, Any]) -> dict[str, Any]:
    resume = {"token": prepared["resumetoken"], "epoch": 1, "seq": 0}
    return {"command": "bindSession", "target": prepared["session"]["id"], "data": {"resume": resume}}


async def as_grace(line: Line) -> None:
    login = {"command": "supervisor.login", "data": {"supervisor": {"id": "grace", "password": "secret-word"}}}
    assert names(await line.say(login)) == ["success"]


async def test_who_has_another_password_goes_and_resumes_by_either(
    open_line: Open, change: Callable[..., None]
) -> None:
    line, bystander = open_line(), open_line()
    await bystander.prepared(agent={**CREDENTIALS, "id": "bob"})
    prepared = await line.prepared()
    assert names(await line.say({"command": "bindSession", "target": prepared["session"]["id"]})) == ["success"]
    change(BOB, name="Bob")
    assert line.connection.why_out() == bystander.connection.why_out() == ""
    change(ADA, hash=OTHER)
    assert (line.connection.why_out(), bystander.connection.why_out()) == (CHANGED, "")
    line.connection.lose()
    again = open_line()
    assert names(await again.say(resuming(prepared))) == ["success"]
    assert again.connection.why_out() == ""
    change(ADA, hash=ADA.hash)
    assert again.connection.why_out() == CHANGED
    again.connection.lose()
    data = {"override": True, "agent": CREDENTIALS}
    assert names(await open_line().say({"command": "prepareSession", "data": data})) == ["success"]


async def test_a_session_that_is_prepared_and_not_yet_bound_counts_while_it_lives(
    world: World, open_line: Open, change: Callable[..., None]
) -> None:
    line, other = open_line(), open_line()
    await line.prepared()
    session = (await other.prepared(agent={**CREDENTIALS, "id": "bob"}))["session"]["id"]
    await other.say(
        {"command": "bindSession", "target": session},
        {"command": "session.start", "target": session},
        {"command": "session.logout", "target": session},
    )
    assert world.registry.find(session) is None
    change(ADA, hash=OTHER)
    assert line.connection.why_out() == CHANGED
    change(BOB, hash=OTHER)
    assert other.connection.why_out() == ""


async def test_a_password_that_changes_while_it_is_looked_at_is_noticed(
    world: World,
    open_line: Open,
    identities: Identities,
    change: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verify, supervisor, line, desk = identities.verify, identities.supervisor, open_line(), open_line()
    prepare = world.registry.prepare

    async def slowly(*arguments: Any, **more: Any) -> Any:
        assert line.connection.why_out() == ""
        return await prepare(*arguments, **more)

    async def late(*arguments: str) -> Person | None:
        person = await verify(*arguments)
        change(ADA, hash=OTHER)
        assert line.connection.why_out() == ""
        return person

    async def later(*arguments: str) -> Person | None:
        person = await supervisor(*arguments)
        change(GRACE, hash=OTHER)
        assert desk.connection.why_out() == ""
        return person

    monkeypatch.setattr(world.registry, "prepare", slowly)
    monkeypatch.setattr(identities, "verify", late)
    monkeypatch.setattr(identities, "supervisor", later)
    await line.prepared()
    assert line.connection.why_out() == CHANGED
    await as_grace(desk)
    assert desk.connection.why_out() == CHANGED


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"team": ("ada",)}, CHANGED),
        ({"team": None}, CHANGED),
        ({"hash": OTHER}, CHANGED),
        ({"role": Role.AGENT, "team": None}, CHANGED),
        ({"hash": None, "revoked": "now"}, REVOKED),
        ({"name": "Grace"}, ""),
    ],
)
async def test_a_supervisor_goes_when_team_password_or_role_are_others(
    open_line: Open, change: Callable[..., None], more: dict[str, Any], why: str
) -> None:
    line, left = open_line(), open_line()
    for each in (line, left):
        await as_grace(each)
    await left.say({"command": "supervisor.logout"})
    change(GRACE, **more)
    assert (line.connection.why_out(), left.connection.why_out()) == (why, "")


async def test_who_is_taken_out_stays_and_goes_when_they_are_back_as_somebody_else(
    open_line: Open, identities: Identities, change: Callable[..., None]
) -> None:
    line = open_line()
    prepared = await line.prepared()
    await line.say({"command": "bindSession", "target": prepared["session"]["id"]})
    identities.take(PEOPLE.without("ada"))
    assert line.connection.why_out() == ""
    change(ADA, role=Role.SUPERVISOR)
    assert line.connection.why_out() == CHANGED
    with capture_logs() as logs:
        assert names(await open_line().say(resuming(prepared))) == ["INVALID_TARGET"]
    assert [(log["event"], log["who"], log["agent"]) for log in logs] == [("overreach", None, "ada")]


async def test_who_has_a_token_or_a_key_of_their_own_is_not_asked_for_the_agents_passwords(
    open_line: Open, change: Callable[..., None]
) -> None:
    ada = open_line(Identity(id="ada", role=Role.AGENT, by_token=True))
    crm = open_line(Identity(id="crm", role=Role.SERVICE))
    for line, agent in ((ada, "ada"), (crm, "bob")):
        prepared = await line.prepared(agent={"id": agent})
        assert names(await line.say({"command": "bindSession", "target": prepared["session"]["id"]})) == ["success"]
    for entry in (ADA, BOB):
        change(entry, hash=OTHER)
        assert ada.connection.why_out() == crm.connection.why_out() == ""
    change(BOB, revoked="now")
    assert (ada.connection.why_out(), crm.connection.why_out()) == ("", REVOKED)


async def test_those_of_the_configuration_file_stay_whatever_the_directory_says(
    open_line: Open, change: Callable[..., None]
) -> None:
    line = open_line()
    await line.prepared(agent={**CREDENTIALS, "id": "zoe"})
    change(ADA, hash=OTHER)
    assert line.connection.why_out() == ""
