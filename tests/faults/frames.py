"""Conversations in frames, and how each must end: what RFC 6455 allows, and what it forbids.

In the spirit of the Autobahn suite, and in its order: sizes, pings, reserved bits, opcodes, fragments, UTF-8, closing.
A text that is a request must be answered, so that every allowed way of framing shows in an answer.
"""

import json
import struct
from collections.abc import Iterator
from typing import Final

import attrs
from websockets.frames import Opcode

from tests.blackbox.raw import declaring, frame

TEXT, CONT, BINARY = Opcode.TEXT, Opcode.CONT, Opcode.BINARY
CLOSE, PING, PONG = Opcode.CLOSE, Opcode.PING, Opcode.PONG

RESERVED_OPCODES: Final = (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
GOOD_CODES: Final = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999)
BAD_CODES: Final = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)

GOOD_UTF8: Final = {
    "greek": "κόσμε".encode(),
    "hello": "Hello-µ@ßöäüàá-UTF-8!!".encode(),
    "last of one byte": b"\x7f",
    "first of two": b"\xc2\x80",
    "last of two": b"\xdf\xbf",
    "first of three": b"\xe0\xa0\x80",
    "before the surrogates": b"\xed\x9f\xbf",
    "behind the surrogates": b"\xee\x80\x80",
    "no character": b"\xef\xbf\xbe\xef\xbf\xbf",
    "last of three": b"\xef\xbf\xbd",
    "first of four": b"\xf0\x90\x80\x80",
    "last of all": b"\xf4\x8f\xbf\xbf",
}
BAD_UTF8: Final = {
    "a lone continuation": b"\x80",
    "the last continuation": b"\xbf",
    "two continuations": b"\x80\xbf",
    "a lone start of two": b"\xc2 ",
    "a lone start of three": b"\xe2 ",
    "a lone start of four": b"\xf0 ",
    "three of four": b"\xf0\x90\x80 ",
    "overlong slash of two": b"\xc0\xaf",
    "overlong slash of three": b"\xe0\x80\xaf",
    "overlong slash of four": b"\xf0\x80\x80\xaf",
    "overlong NUL": b"\xc0\x80",
    "overlong last of one byte": b"\xc1\xbf",
    "overlong last of two": b"\xe0\x9f\xbf",
    "overlong last of three": b"\xf0\x8f\xbf\xbf",
    "first surrogate": b"\xed\xa0\x80",
    "last surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "beyond the last": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "fe": b"\xfe",
    "ff": b"\xff",
    "greek, then a surrogate": "κόσμε".encode() + b"\xed\xa0\x80" + b"edited",
}

PAYLOADS: Final = (b"", b"x", bytes(range(125)), b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"x" * 125)


@attrs.frozen
class Conversation:
    """What a peer says, and what must come of it.

    `answers`: the answers to requests; `pongs`: the payloads of pongs; `ends`: the code of the server's close frame,
    0 for one without a code, and None where the connection must go on.
    """

    name: str
    says: bytes
    answers: int = 0
    pongs: tuple[bytes, ...] = ()
    ends: int | None = None


def request(size: int = 0, filling: bytes = b"x") -> bytes:
    """A harmless one, of at least so many bytes."""
    text = b'{"command":"session.start","target":"nobody","data":{"x":"%s"}}'
    return text % (filling * max(0, size - len(text) + 2))


def in_fragments(parts: list[bytes], between: bytes = b"") -> bytes:
    frames = [frame(TEXT if n == 0 else CONT, part, fin=n == len(parts) - 1) for n, part in enumerate(parts)]
    return between.join(frames)


def cut_in(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def sizes() -> Iterator[Conversation]:
    for length in (64, 125, 126, 127, 128, 1000, 65_000, 65_535, 65_536):
        yield Conversation(f"a text of {length} bytes", frame(TEXT, request(length)), answers=1)
    yield Conversation("one byte too many", frame(TEXT, request(65_537)), ends=1009)
    for length in (0, 1, 125, 126, 65_535, 65_536):
        yield Conversation(f"binary of {length} bytes", frame(BINARY, b"\xfe" * length), ends=1003)
    yield Conversation("many at once", frame(TEXT, request()) * 50, answers=50)
    short = frame(TEXT, request(80))
    yield Conversation("an unmasked text", frame(TEXT, request(), masked=False), ends=1002)
    yield Conversation("an unmasked ping", short + frame(PING, b"", masked=False), answers=1, ends=1002)
    for length in (0, 5, 125):
        yield Conversation(f"{length} in two bytes", head(TEXT, 126, struct.pack("!H", length)), ends=1002)
    for length in (0, 125, 65_535):
        yield Conversation(f"{length} in eight bytes", head(TEXT, 127, struct.pack("!Q", length)), ends=1002)
    for length in (2**63, 2**64 - 1):
        yield Conversation(f"{length} bytes declared", declaring(TEXT, length), ends=1002)


def head(opcode: int, marker: int, length: bytes) -> bytes:
    return bytes([0x80 | opcode, 0x80 | marker]) + length + b"mask"


def pings() -> Iterator[Conversation]:
    for payload in PAYLOADS:
        yield Conversation(f"a ping of {len(payload)}", frame(PING, payload), pongs=(payload,))
    ten = tuple(b"ping %d" % n for n in range(10))
    yield Conversation("ten pings", b"".join(frame(PING, each) for each in ten), pongs=ten)
    yield Conversation("a ping of 126", frame(PING, b"x" * 126), ends=1002)
    yield Conversation("an unasked pong", frame(PONG, b""), answers=0)
    yield Conversation("an unasked pong that says something", frame(PONG, b"here"), answers=0)
    yield Conversation("pong, then ping", frame(PONG, b"here") + frame(PING, b"there"), pongs=(b"there",))
    yield Conversation("a pong of 126", frame(PONG, b"x" * 126), ends=1002)


def reserved_bits() -> Iterator[Conversation]:
    for rsv in range(1, 8):
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
            payload = b"\x03\xe8" if opcode is CLOSE else b"x"
            says = frame(TEXT, request()) + frame(opcode, payload, rsv=rsv) + frame(PING, b"")
            yield Conversation(f"bits {rsv} in {opcode.name}", says, answers=1, ends=1002)


def opcodes() -> Iterator[Conversation]:
    for opcode in RESERVED_OPCODES:
        for payload in (b"", b"x"):
            says = frame(TEXT, request()) + frame(opcode, payload) + frame(TEXT, request())
            yield Conversation(f"opcode {opcode} with {len(payload)}", says, answers=1, ends=1002)


def fragments() -> Iterator[Conversation]:
    text = request()
    for size in (1, 2, 7, 40):
        yield Conversation(f"fragments of {size}", in_fragments(cut_in(text, size)), answers=1)
        ping = frame(PING, b"in between")
        count = len(cut_in(text, size)) - 1
        says = in_fragments(cut_in(text, size), ping)
        yield Conversation(f"fragments of {size}, pings between", says, answers=1, pongs=(b"in between",) * count)
    yield Conversation("empty fragments", in_fragments([b"", b"", text, b"", b""]), answers=1)
    yield Conversation("empty at the end", in_fragments([text, b""]), answers=1)
    yield Conversation("pong between", in_fragments([text[:9], text[9:]], frame(PONG, b"?")), answers=1)
    for opcode in (PING, PONG, CLOSE):
        yield Conversation(f"a fragmented {opcode.name}", frame(opcode, b"", fin=False), ends=1002)
        more = frame(opcode, b"", fin=False) + frame(CONT, b"")
        yield Conversation(f"a {opcode.name} that goes on", more, ends=1002)
    for fin in (True, False):
        yield Conversation(f"continuing nothing, {fin=}", frame(CONT, b"x", fin=fin) + frame(TEXT, text), ends=1002)
        after = frame(TEXT, text) + frame(CONT, b"x", fin=fin)
        yield Conversation(f"continuing what is over, {fin=}", after, answers=1, ends=1002)
        for opcode in (TEXT, BINARY):
            within = frame(TEXT, b"{", fin=False) + frame(opcode, b"}", fin=fin)
            yield Conversation(f"{opcode.name} within a text, {fin=}", within, ends=1002)
    closing = in_fragments([text[:9], text[9:]], frame(CLOSE, b"\x03\xe8"))
    yield Conversation("a close between fragments", closing, ends=1000)


def utf8() -> Iterator[Conversation]:
    for name, text in GOOD_UTF8.items():
        message = request(0, b"").replace(b'"x":""', b'"x":"' + text + b'"')
        yield Conversation(f"{name}, whole", frame(TEXT, message), answers=1)
        yield Conversation(f"{name}, in bytes", in_fragments(cut_in(message, 1)), answers=1)
    for name, text in BAD_UTF8.items():
        message = request(0, b"").replace(b'"x":""', b'"x":"' + text + b'"')
        yield Conversation(f"{name}, whole", frame(TEXT, message), ends=1007)
        yield Conversation(f"{name}, in bytes", in_fragments(cut_in(message, 1)), ends=1007)
        # Fail fast: the rest of the message never comes.
        yield Conversation(f"{name}, unfinished", frame(TEXT, b"{" + text + b" ", fin=False), ends=1007)
        yield Conversation(f"{name}, unfinished frame", frame(TEXT, b"{" + text + b" " * 50)[:-40], ends=1007)
    for name, text in {"two": b"\xc3", "three": b"\xe2\x82", "four": b"\xf0\x9f\x98"}.items():
        yield Conversation(f"a text that ends within {name} bytes", frame(TEXT, b'"' + text), ends=1007)


def closing() -> Iterator[Conversation]:
    yield Conversation("a close without a code", frame(CLOSE, b""), ends=0)
    yield Conversation("a close of one byte", frame(CLOSE, b"\x03"), ends=1002)
    for code in GOOD_CODES:
        yield Conversation(f"close {code}", frame(CLOSE, struct.pack("!H", code)), ends=code)
        reason = struct.pack("!H", code) + b"x" * 123
        yield Conversation(f"close {code} with a reason", frame(CLOSE, reason), ends=code)
    for code in BAD_CODES:
        yield Conversation(f"close {code}", frame(CLOSE, struct.pack("!H", code) + b"why"), ends=1002)
    yield Conversation("a reason of 124", frame(CLOSE, b"\x03\xe8" + b"x" * 124), ends=1002)
    yield Conversation("a reason that is no UTF-8", frame(CLOSE, b"\x03\xe8\xff\xfe"), ends=1007)
    for what, data in {"a text": frame(TEXT, request()), "a ping": frame(PING, b"x"), "noise": b"\xff" * 9}.items():
        yield Conversation(f"{what} behind the close", frame(CLOSE, b"\x03\xe8") + data, ends=1000)
    yield Conversation("two closes", frame(CLOSE, b"\x03\xe8") * 2, ends=1000)
    yield Conversation("random bytes", bytes(range(256)), ends=1002)


CONVERSATIONS: Final = tuple(
    each for group in (sizes, pings, reserved_bits, opcodes, fragments, utf8, closing) for each in group()
)


def is_answer(payload: bytes) -> bool:
    return bool(json.loads(payload)["failure"]["code"] == "NOT_BOUND")
