"""The whole way: desktops, the server, a link, and the example program at its end."""

import contextlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import trio

from engine import app
from engine.config import AdapterSettings, Agent, JournalSettings, Listen, PlatformSettings, Settings
from tests.blackbox.client import AgentSession, Desktop, channel_in, told
from tests.engine.adapters.link.program import TOKEN, settings
from tests.engine.adapters.link.test_promises import NODE, PHONES, SWITCH, needs_node, tiny_switch
from tests.ports import free_port

PASSWORD = "pass"


@contextlib.asynccontextmanager
async def server(data: Path, link_port: int) -> AsyncIterator[str]:
    """Yields where desktops connect."""
    known = Settings(
        listen=Listen(agent_port=0, http_port=0),
        agents=tuple(Agent(id=agent, password=PASSWORD) for agent in PHONES),
        journal=JournalSettings(durability="memory"),
        platform=PlatformSettings(restart_first_s=0.1, restart_most_s=0.1),
        adapters=(AdapterSettings(adapter="link", settings=settings(link_port)),),
    )
    stop = trio.Event()

    async def run(*, task_status: trio.TaskStatus[str]) -> None:
        def ready(addresses: app.Addresses) -> None:
            task_status.started(addresses.agent)

        await app.run(known, ready=ready, stop=stop, data=data)

    async with trio.open_nursery() as nursery:
        yield await nursery.start(run)
        stop.set()


def at_work(desktop: Desktop, agent: str) -> AgentSession:
    prepared = desktop.prepare(agent, password=PASSWORD, override=True)
    session = AgentSession(desktop, prepared["data"]["session"]["id"], prepared["data"]["resumetoken"])
    session.bind()
    session.do("session.start")
    session.do("session.addchannel", data={"channel": {"endpoint": PHONES[agent], "type": "Telephony"}})
    session.do("channel.activate", "c1")
    assert "channel.ready: success" in told(session.do("channel.ready", "c1"))
    return session


def a_call(url: str) -> None:
    """One agent dials, the other one answers, is held, and is hung up on."""
    with Desktop(url) as one, Desktop(url) as two:
        ada, bob = at_work(one, "ada"), at_work(two, "bob")
        ada.do("channel.dial", "c1", {"destination": PHONES["bob"]})
        bob.wait_news("interaction.initialized")
        assert "interaction.accept: success" in told(bob.do("interaction.accept", "c1.i1"))
        ada.wait_news("interaction.started")
        assert "conversation.hold: success" in told(ada.do("conversation.hold", "c1.i1.v1"))
        assert "conversation.release: success" in told(ada.do("conversation.release", "c1.i1.v1"))
        bob.wait_news("interaction.disposed")


class SwitchProcess:
    """The example program, which may be killed and started anew."""

    def __init__(self, port: int) -> None:
        self._command = [str(NODE), str(SWITCH), f"ws://127.0.0.1:{port}/adapter", TOKEN]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self.__exit__()
        self.__enter__()


def a_restart(url: str, switch: SwitchProcess) -> None:
    """The session goes on: the channel is unavailable while there is no switch, and logged out at the new one."""
    with Desktop(url) as desktop:
        ada = at_work(desktop, "ada")
        switch.restart()
        states = []
        while "INACTIVE" not in states:
            changes = ada.wait_news("channel.infochanged")
            states += [channel_in(each)["loginstate"] for each in changes if each.get("name") == "channel.infochanged"]
        assert states == ["UNAVAILABLE", "INACTIVE"]
        assert "channel.activate: success" in told(ada.do("channel.activate", "c1"))


@needs_node
async def test_a_session_outlives_the_switch(tmp_path: Path) -> None:
    port = free_port()
    with trio.fail_after(50), SwitchProcess(port) as switch:
        async with server(tmp_path, port) as url:
            await trio.to_thread.run_sync(a_restart, url, switch)


@needs_node
async def test_two_desktops_call_each_other_by_a_switch_in_another_language(tmp_path: Path) -> None:
    port = free_port()
    with trio.fail_after(50):
        async with tiny_switch(port), server(tmp_path, port) as url:
            await trio.to_thread.run_sync(a_call, url)
