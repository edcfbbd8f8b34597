"""What numbers of the configuration file must satisfy; the messages are for the person who wrote it."""

import math
from typing import Any

import attrs


def positive(instance: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{attribute.name} must be above 0 and finite, not {value}")


def at_least_one(instance: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if not 1 <= value < math.inf:
        raise ValueError(f"{attribute.name} must be at least 1 and finite, not {value}")


def not_negative(instance: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{attribute.name} must be 0 or more and finite, not {value}")
