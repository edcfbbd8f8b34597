"""The rules of the protocol, each with its number. They stand in `specs/conformance/rules.yaml`."""

import functools
from collections.abc import Mapping
from types import MappingProxyType

import attrs

from engine.conformance.data import read_yaml


@attrs.frozen(kw_only=True)
class Rule:
    """`source` is the page, and the heading on it, that states the rule."""

    id: str
    says: str
    section: str
    source: str


@functools.cache
def rules() -> Mapping[str, Rule]:
    """All, by their ids, in the order of the file."""
    return MappingProxyType(
        {
            id_: Rule(id=id_, says=" ".join(says.split()), section=section["section"], source=section["source"])
            for section in read_yaml("rules.yaml")
            for id_, says in section["rules"].items()
        }
    )
