"""What the commands say."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.server import ROOT, ServerProcess


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "engine", "bench", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with ServerProcess(tmp_path_factory.mktemp("bench")) as server:
        yield server


@pytest.mark.parametrize(
    "options",
    [
        ("--sessions", "4"),
        ("--sessions", "5", "--connections", "2"),
        ("--sessions", "4", "--rate", "40"),
        ("--sessions", "6", "--connections", "3", "--processes", "2", "--rate", "40"),
        ("--sessions", "4", "--mix", "ready=1,directory=1,reasons=2,dispositions=1"),
    ],
)
def test_a_server_is_loaded(server: ServerProcess, options: tuple[str, ...]) -> None:
    done = bench("run", server.agent_url, "--seconds", "1.5", "--json", *options)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert figures["commands_per_s"] > 5
    each = 16 / 5 if "--mix" in options else 4
    assert figures["messages_per_s"] == pytest.approx(each * figures["commands_per_s"], rel=0.15)
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["most_ms"]
    if "--rate" in options:
        assert figures["commands_per_s"] < 80, "no faster than at the rate, whatever the server could do"


def test_the_engine_beside_an_echo() -> None:
    done = bench("compare", "--sessions", "3", "--seconds", "1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["servers"].keys() == {"echo", "engine, full"}
    rates = [found["servers"][name]["messages_per_s"] for name in ("engine, full", "echo")]
    assert found["ratio"] == pytest.approx(rates[0] / rates[1])
    assert found["rates"] == {"engine": rates[0], "echo": rates[1]}
    assert found["ratios"] == {"engine, full": found["ratio"], "echo": 1.0}
    assert found["settings"]["sessions"] == 3


def test_the_engine_beside_an_echo_that_has_as_much_to_do() -> None:
    done = bench(
        "compare", "--sessions", "4", "--seconds", "2", "--messages", "80", "--mix", "ready=1,reasons=1", "--json"
    )
    assert done.returncode == 0, done.stderr
    servers = json.loads(done.stdout)["servers"]
    assert servers["echo"]["commands_per_s"] == pytest.approx(40, rel=0.3)
    assert servers["engine, full"]["commands_per_s"] == pytest.approx(80 / 3.5, rel=0.3)


def test_several_journals_beside_an_echo(tmp_path: Path) -> None:
    picture = tmp_path / "compare.svg"
    options = ("--durability", "memory", "--durability", "normal", "--picture", str(picture))
    done = bench("compare", "--sessions", "2", "--seconds", "1", *options)
    assert done.returncode == 0, done.stderr
    assert "engine, normal" in picture.read_text(encoding="utf-8")
    assert all(word in done.stdout for word in ("engine, memory", "engine, normal", "to those of the echo"))


def test_an_echo_on_asyncio_beside_them() -> None:
    line = [sys.executable, "-m", "tests.benchmarks.echoes", "--sessions", "2", "--seconds", "1", "--json"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["servers"].keys() == {"echo", "echo, asyncio", "engine, full", "engine, memory"}
    assert found["servers"]["echo, asyncio"]["messages_per_s"] > 0


def test_a_share_of_what_a_server_takes_is_looked_at_over_the_time(tmp_path: Path) -> None:
    picture = tmp_path / "run.svg"
    options = ("--sessions", "4", "--seconds", "2", "--share", "0.5", "--every", "0.5", "--durability", "memory")
    done = bench("run", *options, "--picture", str(picture), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["series"]) == 4
    assert all(each["memory_mb"] > 10 and each["p99_ms"] > 0 for each in found["series"])
    assert found["settings"]["share"] == 0.5
    assert found["figures"]["commands_per_s"] <= 1.2 * found["settings"]["rate"]
    assert found["first_quarter"]["memory_mb"] == found["series"][0]["memory_mb"]
    assert found["last_quarter"]["memory_mb"] == found["series"][-1]["memory_mb"]
    text = picture.read_text(encoding="utf-8")
    assert all(title in text for title in ("waits, by percentile", "memory over the time", "waits over the time"))


def test_a_server_elsewhere_is_drawn_without_what_nobody_saw(server: ServerProcess, tmp_path: Path) -> None:
    picture = tmp_path / "run.svg"
    options = ("--sessions", "2", "--seconds", "1", "--every", "0.5", "--picture", str(picture))
    done = bench("run", server.agent_url, *options)
    assert done.returncode == 0, done.stderr
    assert "last quarter" in done.stdout
    text = picture.read_text(encoding="utf-8")
    assert "waits over the time" in text
    assert "memory over the time" not in text


def test_growth_is_measured_and_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "growth.svg"
    options = ("--sessions", "2,6", "--few", "2", "--rate", "60", "--seconds", "0.5", "--durability", "memory")
    done = bench("growth", *options, "--picture", str(picture), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [each["sessions"] for each in found["sizes"]] == [2, 6]
    for each in found["sizes"]:
        assert each["session_kib"] > each["connection_kib"], "a session takes more than its connection"
        assert each["cpu_us_all"] > 0
        assert each["p99_few_ms"] > 0
        assert each["most_per_s"] > 60
    assert found["settings"]["rate"] == 60.0
    assert "memory of a session" in picture.read_text(encoding="utf-8")


def test_agents_come_back_after_a_kill(tmp_path: Path) -> None:
    picture = tmp_path / "resume.svg"
    options = ("--agents", "1,5", "--rounds", "2", "--commands", "3", "--durability", "normal")
    done = bench("resume", *options, "--picture", str(picture), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [each["agents"] for each in found["agents"]] == [1, 5]
    for each in found["agents"]:
        assert len(each["rounds"]) == 2
        assert all(0 < times["first_s"] <= times["half_s"] <= times["last_s"] for times in each["rounds"])
        assert each["cpu_s"] > 0
    assert "last back" in picture.read_text(encoding="utf-8")


@pytest.mark.parametrize("at_once", [1, 4])
def test_supervisors_look_on(at_once: int) -> None:
    """More of them than may begin at once."""
    options = ("--watchers", "20", "--at-once", str(at_once), "--seconds", "1", "--durability", "memory", "--json")
    done = bench("watch", *options)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    figures = found["servers"]["engine, memory"]
    assert figures["shown_per_s"] == pytest.approx(20 * 3 * figures["commands_per_s"], rel=0.3)
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]
    assert found["ratio"] == pytest.approx(found["rates"]["engine"] / found["rates"]["echo"])
    assert found["settings"]["watchers"] == 20


def test_a_day_is_played() -> None:
    options = ("--agents", "2", "--minutes", "1", "--speed", "60", "--contacts", "2", "--durability", "memory")
    done = bench("day", *options)
    assert done.returncode == 0, done.stderr
    assert "offer to desktop: p99 ms" in done.stdout


def test_a_table_for_people(server: ServerProcess) -> None:
    done = bench("run", server.agent_url, "--sessions", "2", "--seconds", "0.5")
    assert done.returncode == 0, done.stderr
    assert "messages/s" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "ws://127.0.0.1:1/agent"), "cannot be reached"),
        (("run", "--durability", "none"), "--durability none: take one of "),
        (("compare", "--durability", "none"), "--durability none: take one of "),
        (("growth", "--sessions", "10,,20"), "--sessions 10,,20: a gap is no whole number from 1 to 100,000"),
        (("growth", "--picture", "growth.gif"), "growth.gif: is no name of a picture; let it end with .svg or .png"),
        (("resume", "--durability", "memory"), "keeps nothing that an agent could come back to; take full or normal"),
        (("resume", "--agents", "0"), "--agents 0: 0 is no whole number from 1 to 100,000"),
        (("day", "--kind", "faxes"), "--kind faxes: take one of mixed, calls, chats"),
        (("run", "--rate", "5", "--share", "0.5"), "--share: is there beside --rate; take one of them"),
        (("run", "--mix", "dance=1"), "--mix: there is no dance; take some of ready, "),
        (
            ("run", "--connections", "9", "--sessions", "2"),
            "--connections 9: is more than --sessions 2; give at most 2",
        ),
        (("compare", "--connections", "3", "--sessions", "2"), "give at most 2"),
        (("run", "--every", "9", "--seconds", "5"), "--every 9: is more than --seconds 5"),
        (("run", "--agent", "eve"), "--agent: is for a server of yours; give its url, too"),
        (("run", "--extensions", "5000"), "--extensions: is for a server of yours; give its url, too"),
        (("run", "ws://127.0.0.1:1/agent", "--durability", "full"), "leave it or the url out"),
        (("run", "ws://127.0.0.1:1/agent", "--agent", "eve{m}"), "write {n} where the number of the session comes"),
        (("run", "--picture", "engine.svg/x.svg"), "engine.svg/x.svg: there is no folder engine.svg; make it first"),
    ],
)
def test_what_is_wrong_says_what_to_do(arguments: tuple[str, ...], says: str) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("ixp: ")
    assert says in done.stderr.lower()


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    folder = tmp_path / "x.svg"
    folder.mkdir()
    done = bench("run", "--picture", str(folder))
    assert done.returncode == 2
    assert f"ixp: {folder}: cannot be written; give another name" in done.stderr


def test_a_password_for_other_servers_does_not_lock_it_out_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IXP_PASSWORD", "of another server")
    done = bench("run", "--sessions", "2", "--seconds", "0.5", "--durability", "memory")
    assert done.returncode == 0, done.stderr


def test_agents_that_there_are_not(server: ServerProcess) -> None:
    done = bench("run", server.agent_url, "--sessions", "2", "--seconds", "0.5", "--agent", "nobody{n}")
    assert done.returncode == 2
    assert "give agents that are there, and that nobody uses" in done.stderr
