"""Which adapters there are: by entry point those that installed packages bring, by MODULE:ATTRIBUTE any other.

A package names its adapter in its pyproject.toml, and is found as soon as it is installed:

    [project.entry-points."interaction_processor.adapters"]
    myswitch = "my_package.adapter:open_adapter"
"""

import importlib
import inspect
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, cast

from engine.adapters.spi import MakeAdapter, OpenAdapter
from engine.observe.tracebacks import place_of

GROUP: Final = "interaction_processor.adapters"


class NoSuchAdapter(ValueError):
    """There is no adapter of that name, or it cannot be imported; the message says what to do."""


def names() -> list[str]:
    """Of the adapters that are installed."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def find(name: str) -> OpenAdapter:
    """The adapter with this name, or at this MODULE:ATTRIBUTE. Raises NoSuchAdapter."""
    found = _import(name, _point(name))
    if not callable(found):
        raise NoSuchAdapter(f"{name}: is no function; name one that takes settings and returns how adapters are made")
    return cast(OpenAdapter, found)


def opened(name: str, open_adapter: OpenAdapter, settings: Mapping[str, object], folder: Path) -> MakeAdapter:
    """How adapters are made. Raises ValueError as `open_adapter` does, NoSuchAdapter where that is no such function."""
    if inspect.iscoroutinefunction(open_adapter):
        raise NoSuchAdapter(f"{name}: is an async function; take the `async` away, and connect in the adapter's `run`")
    try:
        inspect.signature(open_adapter).bind(settings, folder)
    except (TypeError, ValueError):  # of what is no Python function, the signature may be unknown
        raise NoSuchAdapter(f"{name}: open_adapter takes (settings, folder); this one cannot be called so") from None
    try:
        make: object = open_adapter(settings, folder)
    except ValueError:
        raise
    except Exception as error:
        package = str(getattr(open_adapter, "__module__", "")).partition(".")[0]
        raise NoSuchAdapter(
            f"{name}: raised {type(error).__name__}: {error} ({place_of(error, package)}); mend it, or raise "
            "ValueError for settings that are wrong"
        ) from error
    if not callable(make):
        raise NoSuchAdapter(
            f"{name}: returned {type(make).__name__}, which cannot be called; give how an adapter is made, such as "
            "`lambda: MyAdapter(settings)`, for that is done anew after each loss"
        )
    return cast(MakeAdapter, make)


def check_path(name: str) -> None:
    """Is it MODULE:ATTRIBUTE, or MODULE alone? Raises NoSuchAdapter."""
    parts = [part for side in name.split(":", 1) for part in side.split(".")]
    if not all(part.isidentifier() for part in parts):
        raise NoSuchAdapter(
            f"{name}: names no function; write MODULE:ATTRIBUTE, such as tiny.adapter:open_adapter; a file's path "
            "will not do"
        )


def _point(name: str) -> EntryPoint:
    if ":" in name:
        check_path(name)
        return EntryPoint(name, name, GROUP)
    for point in entry_points(group=GROUP, name=name):
        return point
    raise NoSuchAdapter(
        f"there is no adapter {name}; installed are {', '.join(names())}; another one is named MODULE:ATTRIBUTE"
    )


def _import(name: str, point: EntryPoint) -> Any:
    try:
        importlib.import_module(point.module)
    except ImportError as error:
        raise NoSuchAdapter(f"{name}: {point.module} cannot be imported ({error}); install its package") from error
    except Exception as error:
        raise NoSuchAdapter(
            f"{name}: {point.module} cannot be imported ({type(error).__name__}: {error}); mend it"
        ) from error
    try:
        return point.load()
    except AttributeError:
        raise NoSuchAdapter(f"{name}: {point.module} has no {point.attr}; name the function that is there") from None
