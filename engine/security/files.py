"""Files that are read again when they have changed: a glimpse at each is enough to see that."""

from collections.abc import Sequence
from pathlib import Path

Look = tuple[int, int, int, int] | None


class Watched:
    """Some files that belong together. Made before they are read: what changes meanwhile is a change."""

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._last = self._look()
        self._again = False
        self.told = ""
        """Why they could not be read as they are, as far as it has been told."""

    def _look(self) -> Sequence[Look]:
        return [_glimpse(path) for path in self._paths]

    def due(self) -> bool:
        """Are they to be read: has any been changed or replaced since this was last asked, or could it not be read?"""
        before, self._last = self._last, self._look()
        again, self._again = self._again, False
        if before == self._last:
            return again
        self.told = ""
        return True

    def failed(self, why: str) -> bool:
        """They could not be read, and are due at the next look, too. Is this to be told, for it is new?"""
        new = why != self.told
        self._again, self.told = True, why
        return new


def _glimpse(path: Path) -> Look:
    """The time of the last change of the inode is in it, for a file that may be read at last has not been written."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
