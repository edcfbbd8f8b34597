"""A server whose converter makes values fit: "5" is a number, "false" is true, and null is a text."""

from engine.cli import main
from protocol.convert import WIRE

for kind in (bool, int, str):
    WIRE.register_structure_hook(kind, lambda value, kind: kind(value))

if __name__ == "__main__":
    main()
