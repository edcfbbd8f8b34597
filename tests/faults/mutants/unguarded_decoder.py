"""A server whose decoder lets what is no JSON out as an exception that nobody expects."""

from engine.cli import main
from protocol import wire

wire.NotJson = ZeroDivisionError  # type: ignore[misc,assignment] - that is the mutation

if __name__ == "__main__":
    main()
