"""`python -m engine` is `ixp`, and this its entry point."""

import sys
from typing import Final

INTERRUPTED: Final = 130
"""The exit status after Ctrl-C, as shells have it."""


def main() -> None:
    """Ctrl-C ends it in silence, even while its parts are being loaded, which takes a second."""
    try:
        from engine.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
