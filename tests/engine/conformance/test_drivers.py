"""What makes things happen at the platform."""

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from engine.conformance.drivers import (
    DEEDS,
    PATHS,
    CannotDrive,
    NoDriver,
    Person,
    SimulatorControl,
    _body,
    drive,
    find_driver,
)
from tests.blackbox.server import ServerProcess


class Mine:
    """A driver of one's own."""

    deeds = frozenset({"call"})

    async def make(self, deed: str, arguments: Any) -> Any:
        return deed


def test_which_driver_is_meant() -> None:
    assert find_driver(None, None) == NoDriver()
    assert find_driver("person", None) == Person()
    assert find_driver("http://127.0.0.1:8080", "key") == SimulatorControl("http://127.0.0.1:8080", "key")
    assert find_driver("tests.engine.conformance.test_drivers:Mine", None).deeds == {"call"}


MINE = """
class Mine:
    deeds = frozenset({"hangup"})

    async def make(self, deed, arguments):
        pass

mine = Mine()
"""


def test_a_driver_in_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("mine_of_here.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    assert find_driver("mine_of_here:Mine", None).deeds == {"hangup"}
    assert find_driver("mine_of_here:mine", None).deeds == {"hangup"}


@pytest.mark.parametrize(
    ("deeds", "make", "says"),
    [
        (None, "async def make(self, deed, arguments): ...", "deeds is None; have it be a set of some of call, "),
        ('"call"', "async def make(self, deed, arguments): ...", "deeds is 'call'; have it be a set"),
        ('{"cal"}', "async def make(self, deed, arguments): ...", "deeds is {'cal'}; have it be a set"),
        ('{"call"}', "def make(self, deed, arguments): ...", "has no `async def make"),
    ],
)
def test_a_driver_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deeds: str | None, make: str, says: str
) -> None:
    name = f"driver_{abs(hash((deeds, make)))}"
    tmp_path.joinpath(f"{name}.py").write_text(f"class Mine:\n    deeds = {deeds}\n    {make}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CannotDrive, match=re.escape(says)):
        find_driver(f"{name}:Mine", None)


class Odd:
    """What somebody else's driver may do."""

    deeds = frozenset({"hangup", "leave"})

    async def make(self, deed: str, arguments: Any) -> Any:
        if deed == "leave":
            await trio.sleep_forever()
        raise ValueError("no such call")


async def test_whatever_a_driver_does_is_told(autojump_clock: MockClock) -> None:
    with pytest.raises(CannotDrive, match="the driver failed at hangup: ValueError: no such call; mend it"):
        await drive(Odd(), "hangup", {})
    with pytest.raises(CannotDrive, match="the driver took longer than 60 s over leave; mend it"):
        await drive(Odd(), "leave", {})


@pytest.mark.parametrize("name", ["nowhere", "json:nothing", "json:tool", "x.y:z", ":"])
def test_a_driver_that_there_is_not(name: str) -> None:
    with pytest.raises(CannotDrive, match="give person, the http:// URL of a simulator, or MODULE:ATTRIBUTE"):
        find_driver(name, None)


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(SimulatorControl("http://x", "secret"))


async def test_nobody_can_do_anything() -> None:
    with pytest.raises(CannotDrive, match="nothing can call; give --driver"):
        await NoDriver().make("call", {})


async def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("call7\nno\n"))
    call = {"to": "4001", "from": "+1", "name": "Ada", "data": {"topic": "invoice"}}
    assert await Person().make("call", call) == "call7"
    asked = 'please have somebody outside, +1, call 4001, name "Ada", data {"topic": "invoice"}; its id, '
    assert asked in capsys.readouterr().err
    with pytest.raises(CannotDrive, match="whoever was asked cannot refuse"):
        await Person().make("refuse", {"agent": "ada", "code": "TIMEOUT"})
    with pytest.raises(CannotDrive, match="nobody is at the terminal"):
        await Person().make("leave", {})


def test_the_simulator_can_do_all() -> None:
    """All but what is about the server's own process."""
    assert PATHS.keys() | {"await_platform", "restart"} == DEEDS.keys()
    assert SimulatorControl("http://x").deeds == DEEDS.keys() - {"restart"}


@pytest.mark.parametrize(
    ("deed", "given", "body"),
    [
        ("call", {"to": "1", "from": "2", "name": "A"}, {"to": "1", "from": "2", "script": {"name": "A"}}),
        ("phone", {"extension": "1", "action": "state", "value": "READY"}, {"agentstate": "READY"}),
        ("phone", {"extension": "1", "action": "hold"}, {}),
        ("chat", {"queue": "q", "name": "A", "text": "x"}, None),
        ("type", {"chat": "c", "typing": True}, {"on": True}),
        ("hangup", {"call": "c"}, {}),
        ("silence", {"agent": "ada"}, {"call": "SetAgentState", "kind": "hang", "agent": "ada"}),
        (
            "refuse",
            {"agent": "ada", "code": "TIMEOUT"},
            {"call": "SetAgentState", "kind": "error", "agent": "ada", "code": "TIMEOUT"},
        ),
    ],
)
def test_what_the_simulator_is_sent(deed: str, given: dict[str, Any], body: dict[str, Any] | None) -> None:
    wanted = {"queue": "q", "name": "A", "script": {"steps": [{"do": "say", "text": "x"}]}} if body is None else body
    assert _body(deed, given) == wanted


async def test_what_is_made_has_its_id_and_what_is_done_has_none(server: ServerProcess) -> None:
    control = SimulatorControl(server.http_url)
    call = await control.make("call", {"to": "Sales", "from": "+15550100"})
    assert isinstance(call, str)
    assert await control.make("hangup", {"call": call}) is None


async def test_what_cannot_be_done_is_told(server: ServerProcess) -> None:
    with pytest.raises(CannotDrive, match="INVALID_TARGET"):
        await SimulatorControl(server.http_url).make("hangup", {"call": "nobody"})
    with pytest.raises(CannotDrive, match="cannot be reached"):
        await SimulatorControl("http://127.0.0.1:1").make("lose_platform", {})
