"""Which adapter is to be checked, and on which bench. Whatever is missing, the message says what to write."""

import importlib
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

from engine.adapters import kinds
from engine.adapters.contract.bench import OpenBench
from engine.adapters.contract.filebench import bench_file
from engine.adapters.spi import OpenAdapter

GROUP: Final = "interaction_processor.adapter_benches"
LINK: Final = "link"
"""The kind of adapter that reaches one in another language, by URL."""
SCHEMES: Final = ("ws://", "wss://")

_LINK_PAGE: Final = 'specs/adapter-link.md, "First steps", has a file that says it.'
_SAMPLE: Final = """
Write it beside the adapter, as open_bench, or name it as MODULE:ATTRIBUTE with --bench:

    @contextlib.asynccontextmanager
    async def open_bench():
        phone = lambda number: AddChannel(endpoint=number, type=ChannelType.TELEPHONY)
        yield Bench(                      # from engine.adapters.contract.bench import Bench
            make=open_adapter({}, Path()),
            agents={"ann": phone("201"), "bob": phone("202"), "eve": phone("203")},
            unknown_agent="nobody",
            unknown_extension="999",
        )

or give its values in a file, --bench bench.toml:

    unknown_agent = "nobody"
    unknown_extension = "999"
    agents = [{ id = "ann", endpoint = "201" }, { id = "bob", endpoint = "202" }, { id = "eve", endpoint = "203" }]
    [settings]                            # those of the adapter
"""


class NoBench(ValueError):
    """There is no bench; the message says what to write."""


def find_bench(name: str, bench: str | None = None, folder: Path | None = None) -> OpenBench:
    """The bench of the adapter that is named so: by kind, MODULE, MODULE:ATTRIBUTE or URL.

    `bench` is a TOML file or MODULE:ATTRIBUTE. Raises NoSuchAdapter, NoBench, or ValueError for what is wrong there.
    """
    adapter = find_adapter(name)
    if bench is not None and not bench.endswith(".toml"):
        return _function(bench, _load(bench))
    if bench is not None:
        settings = {"url": name} if name.startswith(SCHEMES) else {}
        return bench_file((folder or Path()) / bench, adapter, settings)
    if name.startswith(SCHEMES):
        raise NoBench(f"what is behind {name} is not known: which agents, which endpoints? {_LINK_PAGE}\n{_SAMPLE}")
    for point in entry_points(group=GROUP, name=name):
        return _function(point.value, _load(point.value))
    module = importlib.import_module(adapter.__module__)
    found = getattr(module, "open_bench", None)
    if found is None and ":" in _full(name):
        found = getattr(importlib.import_module(_full(name).partition(":")[0]), "open_bench", None)
    if found is None:
        page = f" {_LINK_PAGE}" if name == LINK else ""
        raise NoBench(f"{name} has no bench, so the suite does not know its agents.{page}\n{_SAMPLE}")
    return _function(name, found)


def find_adapter(name: str) -> OpenAdapter:
    """The function that opens it. Raises NoSuchAdapter."""
    return kinds.find(LINK if name.startswith(SCHEMES) else _full(name))


def why_not_checked(name: str) -> str | None:
    """What is in the way of checking the adapter of this name without a further word, or None."""
    try:
        find_bench(name)
    except NoBench:
        return f"has no bench yet: `ixp adapter check {name}` says what to write"
    except ValueError as error:
        return f"cannot be used: {error}"
    return None


def _full(name: str) -> str:
    """A module alone means what is named `open_adapter` in it."""
    is_module = ":" not in name and name not in kinds.names() and ("." in name or find_spec(name) is not None)
    return f"{name}:open_adapter" if is_module else name


def _load(name: str) -> Any:
    kinds.check_path(name)
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute or "open_bench")
    except ImportError as error:
        raise ValueError(f"{name}: {module} cannot be imported ({error}); name a TOML file, or a module") from None
    except AttributeError:
        raise NoBench(f"{name}: {module} has no {attribute or 'open_bench'}\n{_SAMPLE}") from None
    except Exception as error:
        raise ValueError(f"{name}: {module} cannot be imported ({type(error).__name__}: {error}); mend it") from error


def _function(name: str, found: object) -> OpenBench:
    if not callable(found):
        raise NoBench(f"{name}: the bench is no function\n{_SAMPLE}")
    return cast(Callable[..., Any], found)
