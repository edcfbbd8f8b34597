"""`ixp conformance URL`: options, what is said of wrong ones, exit statuses."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engine.conformance.cli import app
from tests.blackbox.server import ServerProcess

AGENTS = ("--agent", "agent44:demo:4044", "--agent", "agent45:demo:4045", "--agent", "agent46:demo:4046")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"IXP_TOKEN": None, "IXP_OPERATOR_KEY": None})


def complaint(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.startswith("ixp: ")
    return result.stderr.removeprefix("ixp: ").strip()


def test_a_section_of_the_rules_at_a_server(server: ServerProcess, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = run(server.agent_url, *AGENTS, "--select", "WebSocket", "--report", str(report))
    assert result.exit_code == 0, result.output
    assert "passed" in result.stdout
    assert "not tried" not in result.stdout
    assert re.search(r"^WebSocket +\d+ +- +- +- +-$", result.stdout, re.MULTILINE)
    assert not re.search(r"^(Commands|Wrap-up|Events)\b", result.stdout, re.MULTILINE), "nothing of it was played"
    assert json.loads(report.read_text())["summary"].keys() == {"passed"}


def test_a_scenario_of_ones_own_that_fails(server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("- {scenario: mine, rules: [SVC-1], given: connected, steps: [{ask: session.start, at: x}]}")
    result = run(server.agent_url, *AGENTS, "--scenarios", str(file))
    assert result.exit_code == 1
    assert "1/1 failed" in result.stdout
    assert "broken: SVC-1" in result.stdout


def test_what_needs_a_driver_is_not_run_without_one(server: ServerProcess) -> None:
    result = run(server.agent_url, *AGENTS, "--select", "UN-call")
    assert result.exit_code == 2
    assert "needs a driver that can call; give --driver" in result.stdout
    assert result.stderr.startswith("ixp: nothing was tried: ")


def test_the_rules_are_listed() -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert "O10: " in result.stdout


def test_help_names_all_that_the_kit_can_do() -> None:
    said = " ".join(run("--help").stdout.split())
    assert " check " in said
    assert "`ixp conformance check --help` has its options" in said
    assert "--driver" in run("check", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--select", "O2"), "name the server: `ixp conformance ws://"),
        (("ws://x", "--select", "nothing"), "no scenario checks nothing; `ixp conformance --list` shows"),
        (("ws://x", "--select", "O9"), "no scenario is about O9: it is watched, whatever is played; "),
        (("ws://x", "--agent", "ada"), "--agent: is not ID:PASSWORD:EXTENSION; write it so"),
        (("ws://x", "--set", "queue"), "--set queue: is not NAME=VALUE; write it so"),
        (("ws://x", "--set", "qeueu=Sales"), "--set qeueu=Sales: nothing is called qeueu; take one of "),
        (("ws://x", "--set", "answer_s=soon"), "--set answer_s=soon: is no number; give one"),
        (("ws://x", "--set", "logout_after_s=soon"), "--set logout_after_s=soon: is no number; give one"),
        (("ws://x", "--agent", "a:b:1", "--agent", "a:c:2"), "--agent: the same agent is given twice"),
        (("ws://x", "--driver", "nobody:there"), "--driver nobody:there: "),
        (("ws://x", "--report", "x.txt"), "--report x.txt: give a file that ends in .html, .json, .xml"),
        (("ws://x", "--report", "/nowhere/x.html"), "--report /nowhere/x.html: there is no folder /nowhere; make it"),
        (("ws://x", "--scenarios", "/nowhere.yaml"), "/nowhere.yaml: No such file or directory; name a file"),
        (("127.0.0.1:1",), "127.0.0.1:1 is no WebSocket URL; write one like ws://"),
        (("ws://127.0.0.1:1/agent",), "ws://127.0.0.1:1/agent cannot be reached ("),
    ],
)
def test_what_is_wrong_says_what_to_do(arguments: tuple[str, ...], says: str) -> None:
    assert complaint(*arguments).startswith(says)


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: [")
    assert "is no YAML (" in complaint("ws://x", "--scenarios", str(file))


def test_a_report_that_cannot_be_written(server: ServerProcess, tmp_path: Path) -> None:
    result = run(server.agent_url, "--select", "WS-1", "--report", str(tmp_path / ("x" * 300 + ".json")))
    assert result.exit_code == 2
    assert "File name too long" in result.stderr


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        ("agent44:wrong:4044", "--agent agent44: agent id and password do not match; check both (the server says so)"),
        ("nobody:demo:4044", "--agent nobody: agent id and password do not match"),
        ("agent44:demo:9999", "--agent agent44: the simulator has no endpoint 9999; "),
        ("agent44::4044", "--agent agent44: data.agent.password: is required"),
    ],
)
def test_an_agent_who_cannot_be_used_is_no_broken_rule(server: ServerProcess, agent: str, says: str) -> None:
    said = complaint(server.agent_url, "--agent", agent, "--select", "CMD-channel.notready")
    assert said.startswith(says)
    assert said.rstrip().endswith("check --agent")


def test_a_path_that_is_none_of_a_server(server: ServerProcess) -> None:
    said = complaint(server.agent_url.replace("/agent", "/astray"))
    assert said.startswith("the server answers the handshake with HTTP 404")
