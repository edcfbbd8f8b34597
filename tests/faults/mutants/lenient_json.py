"""A server that reads JSON as Python's own parser does."""

import json

from engine.cli import main
from protocol import wire

wire.parse_json = json.loads

if __name__ == "__main__":
    main()
