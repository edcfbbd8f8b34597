"""The garbage collector of a process that serves: it looks rarely, and never again at what was imported.

By default it looks after every 700 new objects, and now and then at all there are. Where thousands of sessions come up
at once that is a fifth of the work, for nothing: hardly anything here is in a circle.
"""

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 4, 500)
"""What is new it looks at twice, the second time 40,000 objects in one go: ten times as many take half a second, and
everybody waits. At all there are it looks after twenty million."""


def settle() -> None:
    """Call it once, when all is imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
