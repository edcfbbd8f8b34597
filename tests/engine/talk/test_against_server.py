"""The whole of `ixp talk` as people run it, against the server as operators run it."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.blackbox.server import ROOT, ServerProcess
from tests.engine.talk.commands import PATIENCE_S, TALK, Terminal, messages, run_talk

PAIR: Final = ("channel.infochanged", "state.updated")
BRACKET: Final = ("channel.created", "state.updated", "channel.initialized")
THE_SAMPLE: Final = [
    "prepareSession",
    "bindSession",
    *("session.start", "session.initialized"),
    *("session.request.externalnotredyreasons", "session.externalnotreadyreasons.updated"),
    *("session.request.externallogoutreasons", "session.externallogoutreasons.updated"),
    "session.request.getdirectory",
    *("session.addchannel", *BRACKET),
    *("channel.activate", *PAIR),
    *("channel.ready", *PAIR),
    *("channel.notready", *PAIR),
    *("session.removechannel", *PAIR, "channel.disposed"),
    *("session.addchannelgroup", "channelgroup.created", "state.updated", *(3 * BRACKET), "channelgroup.initialized"),
    *("channelgroup.activateall", *(3 * PAIR), "state.updated"),
    *("session.removechannelgroup", *(3 * (*PAIR, "channel.disposed")), "state.updated", "channelgroup.disposed"),
    "session.logout",
]
"""Every message of the sample script, in its promised order."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        yield server


def run(server: ServerProcess, *arguments: str, script: str | None = None) -> subprocess.CompletedProcess[str]:
    return run_talk(server.agent_url, *arguments, script=script)


@pytest.mark.parametrize("arguments", [(), ("--batched",)])
def test_the_sample_gets_every_message_in_the_promised_order(server: ServerProcess, arguments: tuple[str, ...]) -> None:
    done = run(server, "--script", "sample", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    received = messages(done)
    assert [message.get("name") or message["command"] for message in received] == THE_SAMPLE
    assert [message["seq"] for message in received[2:]] == list(range(1, len(THE_SAMPLE) - 1))
    assert {message.get("result", "success") for message in received} == {"success"}
    assert received[0]["data"]["resumetoken"] == "***"


def test_a_script_from_standard_input_with_a_group_from_the_start(server: ServerProcess) -> None:
    script = (
        'session.start\n{"command":"x","target":"$session"}\n'
        "channelgroup.activate channel.id=$4002\nexpect state.updated @Default\nexpect state.updated --timeout 0.1\n"
    )
    done = run(server, "--agent", "agent2", "--group", "Default", "--script", "-", script=script)
    assert done.stderr == (
        "ixp: line 5: no state.updated within 0.1 s; see what came instead, or write `expect … --timeout SECONDS`\n"
    ), "that of the group is the last of its block"
    assert done.returncode == 1
    results = [
        message.get("failure", {}).get("code", "success") for message in messages(done)[2:] if "result" in message
    ]
    assert results == ["success", "UNKNOWN_COMMAND", "success"]


def test_a_wrong_password_is_refused(server: ServerProcess, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("session.start", encoding="utf-8")
    done = run(server, "--agent", "agent3", "--password", "not-this", "--script", str(script))
    assert done.returncode == 1
    assert done.stderr == (
        "ixp: prepareSession was refused for agent3: agent id and password do not match; check both\n"
    )
    assert "not-this" not in done.stdout


OFFER: Final = (
    *PAIR,
    *("interaction.created", "state.updated"),
    *("conversation.created", "state.updated", "conversation.member.added", "conversation.initialized"),
    *("interaction.datachanged", "interaction.preview", "interaction.initialized"),
)
THE_CALL: Final = [
    *("session.start", "session.initialized"),
    *("session.addchannel", *BRACKET),
    *("channel.activate", *PAIR),
    *("channel.externaldispositions", "channel.externaldispositions.updated"),
    *("channel.ready", *PAIR),
    *OFFER,
    *("conversation.answer", "state.updated", "state.updated", "interaction.started"),
    *("interaction.setdata", "interaction.datachanged"),
    *("conversation.hold", "state.updated"),
    *("conversation.retrieve", "state.updated"),
    *("conversation.release", "state.updated", "conversation.disposed", "interaction.ended", "state.updated", *PAIR),
    *("interaction.complete", "interaction.completed", "interaction.disposed", *PAIR),
    *("channel.notready", *PAIR),
    "session.logout",
]
"""Every message of the script that takes a call, after the binding."""
CALLER: Final = (
    "session.start\nsession.addchannel channel.endpoint=4005 channel.type=Telephony\nchannel.activate\ndial 4001\n"
    "expect interaction.started @4001\nexpect interaction.ended\ncomplete\nsession.logout\n"
)


def test_the_call_script_takes_a_call_from_ringing_to_wrap_up(server: ServerProcess) -> None:
    received: list[dict[str, Any]] = []
    with subprocess.Popen(
        [*TALK, server.agent_url, "--script", "call"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as callee:
        assert callee.stdout is not None
        assert callee.stderr is not None
        give_up = threading.Timer(2 * PATIENCE_S, callee.kill)
        give_up.start()
        try:
            for line in callee.stdout:
                received.append(json.loads(line))
                if received[-1].get("command") == "channel.ready":
                    caller = run(server, "--agent", "agent5", "--script", "-", script=CALLER)
            errors = callee.stderr.read()
            callee.wait(PATIENCE_S)
        finally:
            give_up.cancel()
            callee.kill()
    assert (caller.returncode, caller.stderr, callee.returncode, errors) == (0, "", 0, "")
    assert [message.get("name") or message["command"] for message in received[2:]] == THE_CALL
    assert {message.get("result", "success") for message in [*received, *messages(caller)]} == {"success"}
    (completed,) = (message for message in received if message.get("name") == "interaction.completed")
    assert completed["data"]["disposition"] == {"code": "RESOLVED", "note": "the first call"}


def test_a_person_at_a_terminal_sees_colours_completes_and_leaves(server: ServerProcess) -> None:
    with Terminal(server.agent_url, "--agent", "agent4") as terminal:
        # While messages are printed the terminal is not the prompt's; only what is typed after the prompt counts.
        terminal.wait_for("help explains.")
        terminal.wait_for("agent4>")
        terminal.type("session.sta\t")
        terminal.wait_for("rt")
        terminal.type("\r")
        terminal.wait_for("Agent 4")
        terminal.wait_for("agent4>")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert "\x1b[32msession.start" in terminal.screen, "a success is green"
    assert "unbindSession" in terminal.screen
    assert "demo" not in terminal.screen
