"""`python -m engine` is `ixp`, and this its entry point."""

import gc
import sys
from collections.abc import Callable
from typing import Final

INTERRUPTED: Final = 130
"""The exit status after Ctrl-C, as shells have it."""


def main() -> None:
    """Ctrl-C ends it in silence, even while its parts are being loaded, which takes a second."""
    try:
        run = _loaded()
        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _loaded() -> Callable[[], None]:
    """The collector rests meanwhile: hardly anything of it goes again, and looking takes a tenth of the time."""
    gc.disable()
    try:
        from engine.cli import main
    finally:
        gc.enable()
    return main


if __name__ == "__main__":
    main()
