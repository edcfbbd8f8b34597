"""How big a case is: a few seconds in CI, as the specification has it in the long form (`IXP_FAULTS=long`)."""

import os
from typing import Final, TypeVar

T = TypeVar("T")

LONG: Final = os.environ.get("IXP_FAULTS", "ci") == "long"


def size(ci: T, long: T) -> T:
    return long if LONG else ci
