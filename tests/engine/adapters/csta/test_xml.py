"""The parser of messages believes nothing, and looks nothing up."""

import contextlib
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.csta.framing import MOST_XML_BYTES
from engine.adapters.csta.words import CSTA, group, leaf
from engine.adapters.csta.xml import MOST_DEPTH, MOST_ELEMENTS, BadXml, Node, Unsendable, parse, serialize

LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"".join(b"&l%d;" % n for _ in range(10))) for n in range(9))
SECRET = "the secret of this file"


def attacks(file: Path) -> dict[str, bytes]:
    url = file.as_uri().encode()
    return {
        "billion laughs": b'<!DOCTYPE a [<!ENTITY l0 "lol">' + LAUGHS + b"]><a>&l9;</a>",
        "a file as entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "' + url + b'">]><a>&x;</a>',
        "a file as parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "' + url + b'"> %x;]><a/>',
        "a DTD elsewhere": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd"><a/>',
        "a DTD after a comment": b'<!-- a --><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        "a DTD in small letters": b'<!doctype a [<!ENTITY x "y">]><a>&x;</a>',
        "an entity that is not known": b"<a>&x;</a>",
        "in UTF-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        "in UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4APA-a/+AD4-',
        "too deep": b"<a>" * 5000 + b"</a>" * 5000,
        "a little too deep": b"<a>" * (MOST_DEPTH + 1) + b"</a>" * (MOST_DEPTH + 1),
        "too many elements": b"<a>" + b"<b/>" * (MOST_ELEMENTS + 1) + b"</a>",
        "too long": b"<a>" + b"x" * MOST_XML_BYTES + b"</a>",
        "not closed": b"<a><b></a>",
        "two roots": b"<a/><b/>",
        "nothing": b"",
        "only a declaration": b'<?xml version="1.0"?>',
        "no XML": b"HTTP/1.1 200 OK",
        "a NUL": b"<a>\0</a>",
        "not UTF-8": b"<a>\xff\xfe</a>",
        "the number of a NUL": b"<a>&#0;</a>",
        "the number of half a character": b"<a>&#xD800;</a>",
    }


@pytest.mark.parametrize("name", attacks(Path("/nowhere")))
def test_an_attack_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET, encoding="utf-8")
    with pytest.raises(BadXml) as refused:
        parse(attacks(file)[name])
    assert SECRET not in str(refused.value)


def test_an_attack_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        for data in attacks(Path(tempfile.gettempdir())).values():
            with pytest.raises(BadXml):
                parse(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_the_deepest_and_the_most_are_let_in() -> None:
    parse(b"<a>" * MOST_DEPTH + b"</a>" * MOST_DEPTH)
    assert len(parse(b"<a>" + b"<b/>" * (MOST_ELEMENTS - 1) + b"</a>").children) == MOST_ELEMENTS - 1


def test_comments_and_instructions_are_nothing_and_raw_text_is_text() -> None:
    node = parse(b"<?xml version='1.0'?><a><?x y?><!-- z --><b>1<![CDATA[<2>]]>&amp;&#51;</b></a>")
    assert node.value("b") == "1<2>&3"
    assert [child.name for child in node.children] == ["b"]


def test_names_are_found_in_any_case_and_any_namespace() -> None:
    node = parse(b'<x:a xmlns:x="urn:x"><x:callID> 7 </x:callID><b xmlns="urn:y"><deviceId>4001</deviceId></b></x:a>')
    assert (node.name, node.value("callId"), node.value("B", "deviceID")) == ("a", "7", "4001")
    assert (node.deep_value("deviceid"), node.value("b"), node.deep("c")) == ("4001", None, None)


@given(data=st.binary(max_size=400))
def test_whatever_comes_a_message_or_a_refusal_comes_of_it(data: bytes) -> None:
    with contextlib.suppress(BadXml):
        parse(data)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=40)


@given(texts=st.lists(TEXTS, max_size=5))
def test_what_is_written_is_read_as_it_was(texts: list[str]) -> None:
    try:
        xml = serialize(group("MakeCall", *(leaf("x", text) for text in texts)), CSTA)
    except Unsendable:
        return
    assert [child.text for child in parse(xml).children] == texts


@pytest.mark.parametrize("text", ["\0", "\x01", "\ud800", "￾"])
def test_what_xml_cannot_hold_is_not_sent(text: str) -> None:
    with pytest.raises(Unsendable, match="MakeCall"):
        serialize(Node("MakeCall", text), CSTA)


def test_markup_in_a_text_stays_text() -> None:
    xml = serialize(group("MakeCall", leaf("calledDirectoryNumber", "</x><evil a='1'>&lt;")), CSTA)
    assert [child.text for child in parse(xml).children] == ["</x><evil a='1'>&lt;"]
