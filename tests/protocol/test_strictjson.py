"""What other parsers let pass: specs/protocol.md, "What is refused"."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.strictjson import DEPTH_LIMIT, INTEGER_LIMIT, NotJson, parse_json
from tests.strategies import json_values, texts

REFUSED = {
    "nothing": b"",
    "blanks": b" \n",
    "a word": b"hello",
    "half an object": b'{"a":',
    "an object and more": b"{} {}",
    "a trailing comma": b'{"a":1,}',
    "a comment": b"{} // x",
    "single quotes": b"{'a':1}",
    "a number key": b"{1:2}",
    "NaN": b"NaN",
    "NaN inside": b'{"a":NaN}',
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "1e400": b"1e400",
    "-1e400": b"-1e400",
    "an exponent of 5,000 digits": b"1e" + b"9" * 5000,
    "2^53": b"9007199254740992",
    "-2^53": b"-9007199254740992",
    "2^64": b"18446744073709551616",
    "4,000 digits": b"1" * 4000,
    "5,000 digits": b"1" * 5000,
    "-5,000 digits": b"-" + b"1" * 5000,
    "5,000 digits beside a colon in a text": b'{"a":":","b":' + b"1" * 5000 + b"}",
    "a leading zero": b"01",
    "a plus": b"+1",
    "a bare point": b"1.",
    "hexadecimal": b"0x10",
    "depth 17": b"[" * 17 + b"]" * 17,
    "depth 17, objects": b'{"a":' * 17 + b"1" + b"}" * 17,
    "depth 100,000": b"[" * 100_000 + b"]" * 100_000,
    "depth 100,000, objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "depth 100,000, never closed": b"[" * 100_000,
    "a high surrogate alone": rb'"\ud800"',
    "a low surrogate alone": rb'"\udc00"',
    "surrogates the wrong way round": rb'"\udc00\ud800"',
    "a surrogate in a key": rb'{"\ud800":1}',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "bad UTF-8": b'"\xff"',
    "UTF-8 cut off": b'"\xc3"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "bad UTF-8 in a key": b'{"\xff":1}',
    "a byte-order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a":1}'.encode("utf-16-le"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "NUL as an escape": rb'"\u0000"',
    "NUL within a text": rb'["a\u0000b"]',
    "NUL in a key": rb'{"\u0000":1}',
    "a raw NUL": b'"\x00"',
    "NUL after the end": b"{}\x00",
    "a raw line break in a text": b'"a\nb"',
    "an unknown escape": rb'"\x41"',
    "a key twice": b'{"a":1,"a":2}',
    "a key twice with the same value": b'{"a":1,"a":1}',
    "a key twice, once escaped": rb'{"a":1,"\u0061":2}',
    "a key twice deep down": b'[{"b":{"c":[{"a":1,"a":2}]}}]',
    "a key twice beside a colon in a text": b'{"t":"12:30","a":1,"a":2}',
    "a key twice, colons in a text making up for it": b'{"a":":","a":":"}',
    "a key with colons twice": b'{"a:b":1,"a:b":2}',
    "the empty key twice": b'{"":1,"":2}',
}

TAKEN: dict[str, tuple[bytes, Any]] = {
    "2^53-1": (b"9007199254740991", 2**53 - 1),
    "-(2^53-1)": (b"-9007199254740991", -(2**53) + 1),
    "minus nought": (b"-0", 0),
    "a fraction of 5,000 digits": (b"0." + b"1" * 5000, 1 / 9),
    "the largest number": (b"1.7976931348623157e308", 1.7976931348623157e308),
    "depth 16": (b"[" * 16 + b"]" * 16, None),
    "depth 16, objects": (b'{"a":' * 16 + b"1" + b"}" * 16, None),
    "a surrogate pair": (rb'"\ud83d\ude00"', "😀"),
    "colons in texts": (b'{"a":"12:30:00","b":["::"]}', {"a": "12:30:00", "b": ["::"]}),
    "colons in keys": (b'{"a:b":{"c:":1}}', {"a:b": {"c:": 1}}),
    "the same key in two objects": (b'[{"a":1},{"a":{"a":":"}}]', [{"a": 1}, {"a": {"a": ":"}}]),
    "blanks": (b' {\n"a" : 1\t}\r\n', {"a": 1}),
}


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types: 1 is not 1.0 here, and not True."""
    return json.dumps(left) == json.dumps(right)


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refused(text: bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(text)


@pytest.mark.parametrize(("text", "value"), TAKEN.values(), ids=TAKEN)
def test_taken(text: bytes, value: Any) -> None:
    parsed = parse_json(text)
    assert same(parsed, json.loads(text))
    assert value is None or same(parsed, value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[" * 17 + b"]" * 17, "nested more than 16 deep; send flatter data"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "nested more than 16 deep; send flatter data"),
        (b"9007199254740992", "an integer is beyond 2^53-1; send it as text"),
        (rb'"\u0000"', "a text holds the NUL character; leave it out"),
        (rb'{"\u0000":1}', "a key holds the NUL character; leave it out"),
        (b'{"twin":1,"twin":2}', "the key 'twin' comes twice in one object; send it once"),
    ],
)
def test_the_message_says_what_to_do(text: bytes, words: str) -> None:
    with pytest.raises(NotJson, match=words.replace("^", r"\^")):
        parse_json(text)


@given(json_values)
def test_what_is_taken_is_what_json_says(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert same(parse_json(text.encode()), value)


PIECES = st.sampled_from(
    [*'{}[]:,"0123456789.eE+-\\ \n\t', "true", "null", "NaN", '"a"', '"a":', '{"a":', "\\u00", "\\ud8", "\x00", "é"]
)


@given(st.binary() | st.lists(PIECES).map("".join).map(str.encode) | st.lists(st.binary(max_size=3)).map(b"".join))
@example(b"[" * 2000)
def test_no_bytes_raise_anything_but_notjson(text: bytes) -> None:
    try:
        parsed = parse_json(text)
    except NotJson:
        return
    assert same(parsed, json.loads(text))


@given(json_values, st.integers(0, 30))
def test_depth_and_size_limits_hold_wherever_a_value_stands(value: Any, depth: int) -> None:
    """Wrapped often enough everything is too deep; the limit counts arrays and objects alike."""
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}

    def depth_of(item: Any) -> int:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
        return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)

    text = json.dumps(value).encode()
    if depth_of(value) <= DEPTH_LIMIT:
        assert same(parse_json(text), value)
    else:
        with pytest.raises(NotJson, match="nested"):
            parse_json(text)


@given(st.integers())
def test_integers(number: int) -> None:
    text = str(number).encode()
    if abs(number) <= INTEGER_LIMIT:
        assert parse_json(text) == number
    else:
        with pytest.raises(NotJson):
            parse_json(text)


@given(st.dictionaries(texts, st.integers(0, 9), min_size=1, max_size=4), st.data())
def test_a_key_that_comes_twice_is_found(members: dict[str, int], data: st.DataObject) -> None:
    pairs = [*members.items(), (data.draw(st.sampled_from(sorted(members))), 1)]
    body = ",".join(f"{json.dumps(key)}:{value}" for key, value in data.draw(st.permutations(pairs)))
    with pytest.raises(NotJson, match="comes twice"):
        parse_json(f'[{{"t":":"}},{{{body}}}]'.encode())
