"""What the tests of generated documents have in common: the references in them."""

from collections.abc import Iterator
from typing import Any


def references(value: Any) -> Iterator[str]:
    """All of them, wherever they stand."""
    match value:
        case {"$ref": str(ref)}:
            yield ref
        case dict():
            for item in value.values():
                yield from references(item)
        case list():
            for item in value:
                yield from references(item)


def resolve(document: Any, ref: str) -> Any:
    """What a reference within the document leads to."""
    found = document
    assert ref.startswith("#/")
    for part in ref[2:].split("/"):
        found = found[part]
    return found
