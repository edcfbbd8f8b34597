"""How big a case is: a few seconds in CI, as the specification has it in the long form (`IXP_FAULTS=long`).

What would take hours is only begun, even there, and is so many times as long with `IXP_FAULTS_SCALE`.
"""

import os
from typing import Final, TypeVar

T = TypeVar("T")

SCALE_NAME: Final = "IXP_FAULTS_SCALE"
MEASURED: Final = "measured: "

LONG: Final = os.environ.get("IXP_FAULTS", "ci") == "long"
SCALE: Final = float(os.environ.get(SCALE_NAME, "1"))


def size(ci: T, long: T) -> T:
    return long if LONG else ci


def scaled(ci: int, long: int) -> int:
    return max(1, round(long * SCALE)) if LONG else ci


def tell(what: str) -> None:
    """A figure that the long run shows."""
    print(f"{MEASURED}{what}")
