"""Files that are read again when they have changed: a glimpse at each is enough to see that."""

from collections.abc import Sequence
from pathlib import Path

Look = tuple[int, int, int] | None


class Watched:
    """Some files that belong together."""

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._last = self._look()

    def _look(self) -> Sequence[Look]:
        return [_glimpse(path) for path in self._paths]

    def changed(self) -> bool:
        """Has any of them been changed or replaced since this was last asked?"""
        before, self._last = self._last, self._look()
        return before != self._last


def _glimpse(path: Path) -> Look:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
