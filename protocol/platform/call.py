"""What every call of the processor to a platform is."""

from typing import Generic, TypeVar

import attrs

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class PlatformCall(Generic[R]):
    """Base of all calls. Asked for a state that holds already, a call succeeds; what is sent is sent each time."""
