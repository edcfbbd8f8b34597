"""The checksums of what the journal's file keeps. A row's is of all that is in it but labels."""

import struct
import zlib
from typing import Any

from msgspec import msgpack


def step_digest(
    session: str, number: int, at: float, seq: int, given: bytes, said: bytes, said_bytes: int, answered: int
) -> int:
    place = struct.pack("<qdq", number, at, seq)
    return with_sums(said_bytes, answered, zlib.crc32(said, zlib.crc32(given, zlib.crc32(session.encode() + place))))


def with_sums(said_bytes: int, answered: int, digest: int) -> int:
    """Of a step's row: from the digest of all else in it."""
    return zlib.crc32(struct.pack("<qq", said_bytes, answered), digest)


def is_sound(
    session: str,
    number: Any,
    at: Any,
    seq: Any,
    given: Any,
    said: Any,
    said_bytes: Any,
    answered: Any,
    digest: Any,
) -> bool:
    """Is a step's row as it was written?"""
    try:
        return bool(digest == step_digest(session, number, at, seq, given, said, said_bytes, answered))
    except (AttributeError, struct.error, TypeError):  # even the kind of a value may have changed
        return False


def digest_of(*parts: str | bytes | float | None) -> int:
    """Of any other row."""
    return zlib.crc32(msgpack.encode(parts))
