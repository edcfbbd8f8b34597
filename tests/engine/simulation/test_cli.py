"""`ixp simulate`: each command against a control that is really served, in words and in JSON."""

import json
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
import trio
from typer.testing import CliRunner, Result

from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import demo_settings
from engine.http.app import make_app
from engine.observe import Metrics
from engine.simulation import cli
from engine.simulation.access import Access
from engine.simulation.client import Client
from engine.simulation.control import control_routes
from engine.simulation.days import Days
from engine.simulation.operations import OPERATIONS, Stage
from protocol.states import InteractionState
from tests.engine.http.helpers import served
from tests.engine.simulation.stage import Healthy, door, person_of

KEY = "a key of many letters"

DAY = ("day", "--agents", "3", "--seed", "7", "--contacts", "10", "--minutes", "5", "--speed", "10000")


@attrs.frozen
class Terminal:
    """Where commands are typed, for a switch whose clock goes."""

    url: str
    switch: Switch

    async def run(self, *arguments: str, url: str | None = None, env: dict[str, str] | None = None) -> Result:
        whole = [*arguments, "--url", url or self.url]
        variables = {"IXP_OPERATOR_KEY": None, "COLUMNS": "80", **(env or {})}
        return await trio.to_thread.run_sync(lambda: CliRunner().invoke(cli.app, whole, env=variables))

    async def said(self, *arguments: str) -> str:
        """What a command that goes well prints, in words."""
        result = await self.run(*arguments)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout

    async def told(self, *arguments: str) -> list[Any]:
        """What it prints as JSON lines."""
        return [json.loads(line) for line in (await self.said(*arguments, "--json")).splitlines()]

    async def complaint(self, *arguments: str, status: int = 1) -> str:
        """What a command that fails says: one sentence."""
        result = await self.run(*arguments)
        assert (result.exit_code, result.stdout) == (status, ""), result.output
        assert result.stderr.startswith("ixp: ")
        assert result.stderr.count("\n") == 1
        return result.stderr.removeprefix("ixp: ").strip()


@pytest.fixture
async def terminal() -> AsyncIterator[Terminal]:
    switch = Switch(demo_settings())
    clock = Clock(switch)
    routes = control_routes(Stage(switch, Days(switch, clock)), Access(None))
    async with trio.open_nursery() as nursery, served(make_app(Healthy(), Metrics(), routes=routes)) as here:
        nursery.start_soon(clock.run)
        yield Terminal(here.url, switch)
        nursery.cancel_scope.cancel()


# Customers


async def test_a_call(terminal: Terminal) -> None:
    await terminal.said("phone", "4001", "login", "agent1")
    options = ("--from", "+1", "--name", "Ada", "--patience", "60", "--talks", "60", "--data", "a=b", "--data", "c==d")
    said = await terminal.said("call", "4001", *options)
    assert said == "contact1 calls 4001; `ixp simulate hangup contact1` has the caller hang up\n"
    contact = terminal.switch.contacts.get("contact1")
    assert contact is not None
    assert (contact.customer, contact.data) == ("+1", {"a": "b", "c": "=d"})
    assert contact.visits[0].report().legs[0].members[0].name == "Ada"
    assert await terminal.said("phone", "4001", "answer") == "answer at 4001: done\n"
    assert contact.visits[0].state is InteractionState.STARTED
    assert await terminal.said("hangup", "contact1") == "contact1 has hung up\n"
    assert contact.outcome == "answered"


async def test_a_call_as_json(terminal: Terminal) -> None:
    assert await terminal.told("call", "Sales") == [{"call": "contact1"}]
    assert await terminal.told("hangup", "contact1") == [{}]


async def test_a_call_that_nobody_can_take_is_no_success(terminal: Terminal) -> None:
    said = await terminal.complaint("call", "4002")
    assert said.startswith("contact1 was turned away at once: at 4002 nobody is logged in, or it is busy or full; ")
    result = await terminal.run("call", "4002", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"call": "contact2", "outcome": "turned_away"}


async def test_a_chat(terminal: Terminal) -> None:
    said = await terminal.said("chat", "Sales", "--name", "Ada", "--say", "Hello", "--say", "There", "--patience", "9")
    assert said == "contact1 waits in Sales; `ixp simulate say contact1 TEXT` writes, `leave contact1` ends it\n"
    contact = terminal.switch.contacts.get("contact1")
    assert contact is not None
    assert contact.customer == "Ada"
    assert await terminal.said("say", "contact1", "More") == "contact1 has written\n"
    assert await terminal.said("leave", "contact1") == "contact1 has left\n"
    assert contact.outcome == "abandoned"
    (told,) = await terminal.told("chat", "Sales")
    assert terminal.switch.contacts.get(told["chat"]) is not None


async def test_an_email_and_a_callback(terminal: Terminal) -> None:
    email = ("--from", "ada@example.com", "--subject", "S", "--text", "T", "--data", "a=b")
    assert await terminal.said("email", "Sales", *email) == "contact1 waits in Sales\n"
    contact = terminal.switch.contacts.get("contact1")
    assert contact is not None
    assert contact.data == {"from": "ada@example.com", "subject": "S", "a": "b"}
    told = await terminal.told("callback", "Service", "--number", "+1", "--name", "Ada")
    other = terminal.switch.contacts.get(told[0]["callback"])
    assert other is not None
    assert other.data == {"number": "+1"}


# The platform


async def test_what_can_be_done_at_a_phone(terminal: Terminal) -> None:
    desk = terminal.switch.agents.desks["agent1"]
    await terminal.said("phone", "4001", "login", "agent1")
    await terminal.said("phone", "4001", "state", "NOTREADY", "--reason", "LUNCH")
    assert desk.logins["4001"].seen_by("agent1").reason == "LUNCH"
    await terminal.said("phone", "4001", "dial", "+15550100")
    assert len(desk.logins["4001"].visits) == 1
    await terminal.said("phone", "4001", "hangup")
    await terminal.said("phone", "4001", "automatic", "--answers-after", "1", "--talks", "3")
    automatic = desk.logins["4001"].automatic
    assert automatic is not None
    assert (automatic.answers_after_s, automatic.talks_s) == (1, 3)
    await terminal.said("phone", "4001", "automatic", "--off")
    assert desk.logins["4001"].automatic is None
    assert await terminal.told("phone", "4001", "logout") == [{}]
    assert not desk.logins


def test_all_that_the_control_has_for_phones_can_be_typed() -> None:
    actions = {operation.path.rpartition("/")[2] for operation in OPERATIONS if operation.path.startswith("/phones/")}
    assert {*cli.PhoneAction} == actions


async def test_what_no_phone_can_do(terminal: Terminal) -> None:
    result = await terminal.run("phone", "4001", "dance")
    assert result.exit_code == 2
    for word in ("dance", "answer", "automatic"):
        assert word in result.stderr


async def test_the_platform_is_lost(terminal: Terminal) -> None:
    assert await terminal.said("lose-platform") == "the platform is lost, and will be tried again\n"


# What there is


async def test_what_there_is_in_words(terminal: Terminal) -> None:
    assert "no agent is logged in" in await terminal.said("show")
    await terminal.said("phone", "4001", "login", "agent1")
    await terminal.said("call", "4001", "--from", "+1")
    await terminal.said("call", "Sales", "--from", "+2")
    said = await terminal.said("show")
    for line in ("agent1  4001   no       4001 NOTREADY +1", "waits in Sales", "ALERTING at agent1"):
        assert line in said, said
    assert "Sales    4910    1" in said
    assert "so far: 2 offered, 0 answered" in said


async def test_what_there_is_as_json(terminal: Terminal) -> None:
    (now,) = await terminal.told("show")
    assert [queue["queue"] for queue in now["queues"]] == ["Sales", "Service"]


# Days


async def test_a_day_ends_with_a_table(terminal: Terminal) -> None:
    said = await terminal.said(*DAY)
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.strip()}
    assert lines["all"][0] == "10"
    assert int(lines["all"][0]) == sum(map(int, lines["all"][1:6]))
    assert lines["occupancy:"][1] == "%"
    assert "accept" in said
    assert max(map(len, said.splitlines())) <= 80


async def test_a_day_as_json_lines(terminal: Terminal) -> None:
    states = await terminal.told(*DAY)
    assert [state["status"] for state in states] == ["running"] * (len(states) - 1) + ["over"]
    assert states[-1]["totals"]["total"]["offered"] == 10


async def test_the_same_seed_prints_the_same_table(terminal: Terminal) -> None:
    assert await terminal.said(*DAY) == await terminal.said(*DAY)


async def test_a_day_that_somebody_else_stops(terminal: Terminal) -> None:
    async def stop() -> None:
        client = Client(terminal.url)
        while True:
            now = await trio.to_thread.run_sync(client.get)
            if "day" in now:
                await trio.to_thread.run_sync(client.delete, "days", now["day"])
                return

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop)
        result = await terminal.run("day", "--agents", "1", "--speed", "1")
    assert result.exit_code == 1
    assert "day1 was ended by somebody else" in result.stderr


async def test_a_day_that_is_stopped_before_the_first_look(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Client.post

    def post(client: Client, *path: str, **body: Any) -> Any:
        answer = begin(client, *path, **body)
        client.delete("days", answer["day"])
        return answer

    monkeypatch.setattr(Client, "post", post)
    assert "day1 was ended by somebody else" in await terminal.complaint("day", "--agents", "1", "--speed", "1")


async def test_a_day_whose_client_is_gone_is_ended_from_elsewhere(terminal: Terminal) -> None:
    assert (await terminal.complaint("day", "--stop")).startswith("no day is running; ")
    client = Client(terminal.url)
    day = {"agents": 1, "seed": 1, "speed": 1}
    assert (await trio.to_thread.run_sync(lambda: client.post("days", **day)))["day"] == "day1"
    assert "`ixp simulate day --stop`" in await terminal.complaint("day", "--speed", "1")
    said = await terminal.said("day", "--stop")
    assert "offered" in said
    assert "did not come: the day was stopped" in said
    await trio.to_thread.run_sync(lambda: client.post("days", **day))
    (state,) = await terminal.told("day", "--stop")
    assert (state["day"], state["status"]) == ("day2", "stopped")


async def test_an_agent_with_a_session_is_told_of_a_day_too_fast_for_hands(terminal: Terminal) -> None:
    terminal.switch.agents.desks["agent1"].watched = True
    result = await terminal.run(*DAY)
    assert result.exit_code == 0
    assert "agent1 takes part in a session: at 10000 times the speed no hand answers" in result.stderr


async def test_ctrl_c_ends_the_day_and_prints_what_came_of_it(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.simulation.cli.time.sleep", interrupted)
    result = await terminal.run("day", "--agents", "1", "--speed", "1")
    assert result.exit_code == 1
    assert result.stderr == "ixp: day1 was stopped before its end\n"
    assert "offered" in result.stdout
    assert "day" not in (await terminal.told("show"))[0]
    result = await terminal.run("day", "--agents", "1", "--speed", "1", "--json")
    assert json.loads(result.stdout.splitlines()[-1])["status"] == "stopped"


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("call", "999"), "INVALID_DESTINATION: 999 is no extension, queue or outside number; "),
        (("hangup", "contact9"), "INVALID_TARGET: there is no call contact9"),
        (("day", "--agents", "51"), "INVALID_REQUEST: the simulator has 50 agents; "),
    ],
)
async def test_what_the_server_refuses(terminal: Terminal, arguments: tuple[str, ...], complaint: str) -> None:
    assert (await terminal.complaint(*arguments)).startswith(complaint)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("call", "4001", "--data", "x"), "--data x: is not KEY=VALUE; write it so"),
        (("call", "4001", "--data", "a=b", "--data", "a=c"), "--data a=c: a is given twice; give it once"),
        (
            ("call", "4001", "--talks", "-1"),
            "--talks: expected a number of seconds from 0 to 1000000000, got -1.0",
        ),
        (("day", "--agents", "0"), "--agents: expected a whole number from 1 to 1000, got 0"),
        (("day", "--speed", "0"), "--speed: expected a number from 0.1 to 10000, got 0.0"),
        (("email", "Sales", "--subject", "x" * 9999), "--subject: expected text of at most 4096 characters"),
        (("phone", "4001", "state", "ASLEEP"), "the agent state: expected one of NOTREADY, READY, WORK"),
        (("phone", "4001", "hold", "--reason", "X"), "--reason: does not go with hold; leave it out"),
        (("phone", "4001", "answer", "--off"), "--off: does not go with answer; leave it out"),
        (("phone", "4001", "state", "READY", "--reason", "X"), "--reason: who is READY has none; leave it out"),
        (
            ("phone", "4001", "automatic", "--off", "--talks", "3"),
            "--off: the phone answers no longer, so it has no times; leave --answers-after and --talks out",
        ),
        (("call", "4001", "--data", "=x"), "--data =x: is not KEY=VALUE; write it so"),
        (("phone", "4001", "dial"), "dial wants the destination; write it behind dial"),
        (("phone", "4001", "login"), "login wants the agent; write it behind login"),
        (("phone", "4001", "state"), "state wants the agentstate; write it behind state"),
        (("phone", "4001", "answer", "now"), "answer takes no now; leave it out"),
    ],
)
async def test_what_cannot_be_asked(terminal: Terminal, arguments: tuple[str, ...], complaint: str) -> None:
    assert await terminal.complaint(*arguments, status=2) == complaint


@pytest.mark.parametrize(
    "arguments",
    [("call", "4001"), ("show",), ("day",), ("lose-platform",), ("phone", "4001", "answer")],
    ids=lambda arguments: arguments[0],
)
async def test_no_server(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    result = await terminal.run(*arguments, url="http://127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "start it with `ixp serve`, or give --url" in result.stderr


async def test_no_command_prints_the_help(terminal: Terminal) -> None:
    result = CliRunner().invoke(cli.app, [])
    for name in ("call", "chat", "email", "callback", "hangup", "phone", "lose-platform", "day", "show"):
        assert name in result.output


# Keys


@pytest.fixture
async def locked() -> AsyncIterator[Terminal]:
    """A server that wants a key."""
    switch = Switch(demo_settings())
    routes = control_routes(Stage(switch, Days(switch, Clock(switch))), Access(door(person_of("ada", KEY))))
    async with served(make_app(Healthy(), Metrics(), routes=routes)) as here:
        yield Terminal(here.url, switch)


async def test_the_key_comes_from_the_option_or_the_environment(locked: Terminal) -> None:
    assert (await locked.run("show", "--key", KEY)).exit_code == 0
    assert (await locked.run("show", env={"IXP_OPERATOR_KEY": KEY})).exit_code == 0


async def test_a_missing_or_wrong_key_is_told(locked: Terminal) -> None:
    for arguments, code in ((("show",), "NOT_AUTHENTICATED"), (("show", "--key", "x"), "AUTH_FAILED")):
        said = await locked.complaint(*arguments)
        assert said.startswith(code)
        assert "--key or IXP_OPERATOR_KEY" in said
