"""A server that reads JSON as Python's own parser does: what that takes is taken, and the rest is refused as ever."""

import json

from engine.cli import main
from protocol import wire
from protocol.strictjson import Json, NotJson


def parse_json(text: bytes) -> Json:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"not valid JSON: {error}") from None
    return value


wire.parse_json = parse_json

if __name__ == "__main__":
    main()
