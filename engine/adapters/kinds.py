"""Which adapters there are: by entry point those that installed packages bring, by MODULE:ATTRIBUTE any other.

A package names its adapter in its pyproject.toml, and is found as soon as it is installed:

    [project.entry-points."interaction_processor.adapters"]
    myswitch = "my_package.adapter:open_adapter"
"""

import importlib
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, cast

from engine.adapters.spi import OpenAdapter

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


def _point(name: str) -> EntryPoint:
    if ":" in name:
        if not all(name.split(":", 1)):
            raise NoSuchAdapter(f"{name}: names no function; write MODULE:ATTRIBUTE")
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
