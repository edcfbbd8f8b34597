"""A bench out of a TOML file: for adapters over a URL, and for platforms that only have to be described.

    unknown_agent = "nobody"
    unknown_extension = "999"

    [[agents]]
    id = "ann"
    endpoint = "201"

    [settings]
    host = "127.0.0.1"

    [commands]
    customer_calls = "./call.sh"

A command does what the hook of its name does: it is given the hook's details as arguments, and the first line that it
prints is what the hook returns.
"""

import contextlib
import shlex
import subprocess
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from engine.adapters.contract.bench import HOOKS, Bench, OpenBench, quiet
from engine.adapters.contract.tidy import tidy_up
from engine.adapters.kinds import opened
from engine.adapters.spi import OpenAdapter, settings_of
from protocol.platform import AddChannel
from protocol.states import ChannelType


@attrs.frozen(kw_only=True)
class AgentRow:
    """An agent, the endpoint that it may add, and those of a chat and an email channel, if any."""

    id: str
    endpoint: str
    type: ChannelType = ChannelType.TELEPHONY
    chat: str | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class BenchFile:
    """What the file says, mostly as `Bench` has it.

    `settle_s`: what the adapter has not told after so long, it does not tell.
    """

    agents: tuple[AgentRow, ...]
    unknown_agent: str
    unknown_extension: str
    groups: tuple[str, ...] = ()
    unknown_group: str = "no such group"
    calls_only: bool = False
    settle_s: float = 0.2
    patience_s: float = 3.0
    deadline_s: float = 10.0
    commands: dict[str, str] = attrs.field(factory=dict)


def bench_file(path: Path, adapter: OpenAdapter, settings: Mapping[str, object]) -> OpenBench:
    """The bench of this file, for this adapter. Raises ValueError that names the file, the key and the remedy."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); name a file that is there") from None
    except ValueError as error:
        raise ValueError(f"{path}: is no TOML: {error}") from None
    own = table.pop("settings", {})
    if not isinstance(own, dict):
        raise ValueError(f"{path}: settings: must be a table, the adapter's own")  # noqa: TRY004 # a wrong setting
    try:
        told = settings_of(table, BenchFile)
        make = opened(_name_of(adapter), adapter, {**own, **settings}, path.parent)
        made = partial(_bench, told, path.parent, make)
        _check_commands(told)
        made()
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None

    @contextlib.asynccontextmanager
    async def open_bench() -> AsyncIterator[Bench]:
        await tidy_up(made())
        yield made()  # with an exchange of its own

    return open_bench


def _name_of(adapter: OpenAdapter) -> str:
    return f"{adapter.__module__}:{getattr(adapter, '__name__', 'open_adapter')}"


def _check_commands(told: BenchFile) -> None:
    for unknown in sorted(told.commands.keys() - set(HOOKS)):
        raise ValueError(f"commands.{unknown}: is no hook; take one of {', '.join(HOOKS)}")


def _bench(told: BenchFile, folder: Path, make: Any) -> Bench:
    hooks = {name: _command(command, folder) for name, command in told.commands.items()}
    return Bench(
        make=make,
        agents={row.id: AddChannel(endpoint=row.endpoint, type=row.type) for row in told.agents},
        unknown_agent=told.unknown_agent,
        unknown_extension=told.unknown_extension,
        groups=told.groups,
        unknown_group=told.unknown_group,
        calls_only=told.calls_only,
        settle=quiet(told.settle_s),
        patience_s=told.patience_s,
        deadline_s=told.deadline_s,
        chats=_channels(told, ChannelType.CHAT),
        mailboxes=_channels(told, ChannelType.EMAIL),
        **hooks,
    )


def _channels(told: BenchFile, kind: ChannelType) -> dict[str, AddChannel] | None:
    endpoints = {row.id: row.chat if kind is ChannelType.CHAT else row.email for row in told.agents}
    channels = {id_: AddChannel(endpoint=endpoint, type=kind) for id_, endpoint in endpoints.items() if endpoint}
    return channels if len(channels) == len(endpoints) else None


def _command(command: str, folder: Path) -> Callable[..., Awaitable[Any]]:
    async def hook(*details: object) -> str:
        words = [detail.__name__ if isinstance(detail, type) else str(detail) for detail in details]
        try:
            done = await trio.run_process(
                [*shlex.split(command), *words], cwd=folder, capture_stdout=True, capture_stderr=True
            )
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"{command} ended with {error.returncode}: {error.stderr.decode().strip()}") from None
        return done.stdout.decode().partition("\n")[0].strip()

    return hook
