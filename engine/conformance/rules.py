"""The rules of the protocol, each with its number: `specs/conformance/rules.yaml`, and those of desktops beside it."""

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.conformance.data import read_yaml

CLIENT_RULES: Final = "client-rules.yaml"


@attrs.frozen(kw_only=True)
class Rule:
    """`source` is the page, and the heading on it, that states the rule."""

    id: str
    says: str
    section: str
    source: str


WATCHED: Final = frozenset(
    {
        *("O2", "O3", "O4", "O5", "O7", "O8", "O9"),
        *("ENV-1", "ENV-2", "ENV-3", "ENV-4", "ENV-5", "ENV-6", "ENV-7", "ENV-8", "ENV-9"),
        *("CAP-2", "CAP-3", "CAP-4", "TGT-1", "TGT-2", "LOSS-1", "SVC-3"),
        *(f"ST-{number}" for number in range(1, 10)),
        *("UN-1", "UN-media", "UN-typing"),
    }
)
"""What every message is held against, whatever a scenario is about; beside these, the data of each event."""


def is_watched(rule: str) -> bool:
    return rule in WATCHED or rule.startswith("EV-")


@functools.cache
def rules(file: str = "rules.yaml") -> Mapping[str, Rule]:
    """All, by their ids, in the order of the file."""
    return MappingProxyType(
        {
            id_: Rule(id=id_, says=" ".join(says.split()), section=section["section"], source=section["source"])
            for section in read_yaml(file)
            for id_, says in section["rules"].items()
        }
    )
