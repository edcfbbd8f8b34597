"""The files of the kit: rules, preludes and scenarios, which stand in `specs/conformance`."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml


def shipped() -> Traversable:
    """The folder `specs/conformance`, which an installed kit has with it."""
    return files("engine.conformance") / "scenarios"


def read_yaml(name: str) -> Any:
    """One of the files that are shipped."""
    return yaml.safe_load((shipped() / name).read_text(encoding="utf-8"))
