"""No program comes, or one that may not: what is said of it, and that it says what to do."""

import re
from pathlib import Path

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus
from websockets.trio.client import connect

from engine.adapters.contract.find import find_bench
from engine.adapters.contract.runner import CannotStart, features_of
from engine.adapters.link import open_adapter
from engine.adapters.link.settings import digest_of
from engine.adapters.supervisor import Platform
from engine.config import PlatformSettings
from engine.observe import Metrics
from tests.engine.adapters.link.program import PATIENCE_S, TOKEN, Told, running, settings
from tests.ports import free_port

RACK = """
unknown_agent = "nobody"
unknown_extension = "9999"
agents = [{{ id = "a", endpoint = "1" }}, {{ id = "b", endpoint = "2" }}, {{ id = "c", endpoint = "3" }}]
[settings]
{}
"""


async def test_the_log_says_where_programs_may_connect_and_that_none_came() -> None:
    port = free_port()
    lost = trio.Event()
    platform = Platform(
        open_adapter(settings(port), Path()),
        PlatformSettings(start_timeout_s=0.2, restart_first_s=60, restart_most_s=60),
        Metrics(),
        name="rack",
        on_report=Told().report,
        on_lost=lost.set,
        on_up=lost.set,
    )
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            with trio.fail_after(PATIENCE_S):
                await nursery.start(platform.run)
            nursery.cancel_scope.cancel()
    said = {entry["event"]: entry for entry in logs}
    url = f"ws://127.0.0.1:{port}/adapter"
    assert said["link_listening"]["address"] == url
    why = said["platform_lost"]["why"]
    assert f"no program has connected to {url} within 0.2 s; start it with this URL" in why


async def test_a_link_that_is_stopped_before_a_program_came_ends_as_it_is_told() -> None:
    with capture_logs() as logs:
        async with running() as link:
            await trio.testing.wait_all_tasks_blocked(0.01)
            link.stop()
            with trio.fail_after(PATIENCE_S):
                await link.ended.wait()
    assert link.why == ""
    assert [entry["event"] for entry in logs] == ["link_listening"]


async def test_a_port_that_is_taken_is_told() -> None:
    async with running() as link:
        await trio.testing.wait_all_tasks_blocked(0.01)
        with pytest.RaisesGroup(pytest.RaisesExc(OSError, match=f":{link.port}/adapter cannot be listened at .* end ")):
            await open_adapter(settings(link.port), Path())().run(Told())


@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("/elsewhere", {}, "refused with 404: there is no link here; have the program connect to ws://127.0.0.1:"),
        ("/adapter", {}, "refused with 401: no token is shown; have the program send one header, Authorization"),
        (
            "/adapter",
            {"Authorization": f"Bearer {TOKEN}."},
            "refused with 401: this is not the token of the link; give the program the right one, or set token_hash to",
        ),
    ],
)
async def test_who_is_refused_reads_what_to_do_and_so_does_the_log(
    path: str, headers: dict[str, str], words: str
) -> None:
    with capture_logs() as logs:
        async with running() as link:
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://127.0.0.1:{link.port}{path}", additional_headers=headers, proxy=None):
                    pass
            with trio.fail_after(PATIENCE_S):
                await link.adapter._door.empty()
    said = {entry["event"]: entry for entry in logs}
    assert said["link_refused"]["why"].startswith(words)
    body = refused.value.response.body
    assert body is not None
    assert said["link_refused"]["why"].endswith(body.decode().strip())


@pytest.mark.parametrize(
    ("name", "own", "words"),
    [
        ("link", 'port = {port}\ntoken_hash = "{hash}"', "no program has connected to ws://127.0.0.1:{port}/adapter"),
        ("ws://127.0.0.1:{port}/adapter", 'token = "{token}"', "no program has said hello at ws://127.0.0.1:{port}/"),
    ],
)
async def test_the_suite_says_the_same(name: str, own: str, words: str, tmp_path: Path) -> None:
    known = {"port": free_port(), "hash": digest_of(TOKEN), "token": TOKEN}
    (tmp_path / "rack.toml").write_text(RACK.format(own.format(**known)))
    open_bench = find_bench(name.format(**known), "rack.toml", tmp_path)
    with pytest.raises(CannotStart) as raised:
        await features_of(open_bench, deadline_s=0.3)
    assert words.format(**known) in str(raised.value)
    assert re.search("start (it|the program)", str(raised.value))
