"""`python -m engine` is `ixp`."""

from engine.cli import main

if __name__ == "__main__":
    main()
