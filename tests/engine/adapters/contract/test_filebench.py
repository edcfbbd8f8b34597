"""A bench that is written down in a TOML file."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.adapters.contract.broken import BenchFailed
from engine.adapters.contract.filebench import bench_file
from engine.adapters.contract.runner import CannotStart, Outcome, features_of, try_promise
from engine.adapters.contract.table import PROMISES
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import demo_settings
from engine.adapters.spi import MakeAdapter
from tests.engine.adapters.contract import tiny

TEXT = """
unknown_agent = "nobody"
unknown_extension = "9999"
groups = ["Default"]
unknown_group = "Nowhere"
settle_s = 0.01
agents = [
    { id = "agent1", endpoint = "4001" },
    { id = "agent2", endpoint = "4002" },
    { id = "agent3", endpoint = "4003", chat = "chat 3" },
]
[settings]
greeting = "hello"
"""

seen: list[dict[str, object]] = []


def open_adapter(settings: Mapping[str, object], folder: Path) -> MakeAdapter:
    """One switch for all promises, as a real one would be."""
    seen.append({**settings, "folder": folder})
    demo = demo_settings()
    switch = Switch(demo)
    return lambda: SimulatorAdapter(demo, switch)


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "bench.toml"
    path.write_text(text)
    return path


async def test_promises_are_kept_one_after_the_other_on_one_platform(tmp_path: Path, autojump_clock: object) -> None:
    open_bench = bench_file(written(tmp_path), open_adapter, {"url": "ws://example.org"})
    assert seen.pop() == {"greeting": "hello", "url": "ws://example.org", "folder": tmp_path}
    features = await features_of(open_bench)
    results = [await try_promise(open_bench, promise, features) for promise in PROMISES]
    broken = [(result.promise.id, result.why) for result in results if result.outcome is Outcome.BROKEN]
    assert broken == []
    assert sum(result.outcome is Outcome.KEPT for result in results) > 25
    assert sum(result.outcome is Outcome.NOT_TRIED for result in results) > 15


async def test_a_command_does_what_the_hook_says(tmp_path: Path) -> None:
    says = f"{sys.executable} -c 'import sys; print(sys.argv[1:]); print(2)'"
    path = written(tmp_path, f'{TEXT}\n[commands]\ncustomer_calls = "{says}"\ncut = "false"\n')
    async with bench_file(path, open_adapter, {})() as bench:
        assert await bench.do("customer_calls", "4001") == "['4001']"
        with pytest.raises(BenchFailed, match="cut of the bench raised RuntimeError: false ended with 1"):
            await bench.do("cut")
        assert bench.offers("cut")
        assert not bench.offers("restore")
        assert not bench.offers("chats"), "of three agents, two have none"


@pytest.mark.parametrize(
    ("kind", "words"),
    [(tiny.Skeleton, "raised NotImplementedError"), (tiny.Empty, "None is no answer to StartAgent(")],
)
async def test_a_skeleton_can_be_tried(
    kind: type[tiny.Skeleton], words: str, tmp_path: Path, autojump_clock: object
) -> None:
    open_bench = bench_file(written(tmp_path), lambda *_: kind, {})
    assert await features_of(open_bench) == frozenset()
    result = await try_promise(open_bench, PROMISES[1], frozenset())
    assert result.outcome is Outcome.BROKEN
    assert words in str(result.why)
    assert [entry.what for entry in result.exchange] == ["asks", "gets"], "what came before is not shown"


async def test_an_adapter_that_cannot_start_is_not_the_bench(tmp_path: Path, autojump_clock: object) -> None:
    open_bench = bench_file(written(tmp_path), lambda *_: tiny.Unstartable, {})
    with pytest.raises(CannotStart, match="the adapter cannot be started: raised ConnectionRefusedError: nobody"):
        await features_of(open_bench)
    assert (await try_promise(open_bench, PROMISES[1], frozenset())).outcome is Outcome.BROKEN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agents = [", "is no TOML"),
        ("", "agents"),
        (TEXT.replace("unknown_agent", "unknwon_agent"), "unknown_agent: is required"),
        (
            TEXT.replace("4002", "4003").replace('{ id = "agent3", endpoint = "4003", chat = "chat 3" },', ""),
            "2 of the 3",
        ),
        (f'{TEXT}\n[commands]\ncustomer_dances = "true"', "commands.customer_dances: is no hook; take one of"),
        ("settings = 1", "settings: must be a table"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=r"bench\.toml: ") as raised:
        bench_file(path, open_adapter, {})
    assert words in str(raised.value)
