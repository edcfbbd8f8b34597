"""XML messages as trees of plain values, read by a parser that trusts nothing, and written well-formed.

What comes is UTF-8 without a document type: so there are no entities to expand, and no other file is looked at. Size,
depth and number of elements are bounded. Names of elements are looked up without their namespace and
in any case, as platforms differ in both.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs
from lxml import etree

from engine.adapters.csta.framing import MOST_XML_BYTES

MOST_DEPTH: Final = 32
MOST_ELEMENTS: Final = 4_096

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
AVAYA: Final = "http://www.avaya.com/csta"
_PREFIXES: Final[Mapping[str, str]] = MappingProxyType({"acx": AVAYA, "xsi": XSI})
_MARKUP: Final = (b"<!--", b"<![CDATA[")
"""What may begin with `<!`. All else is part of a document type."""


class BadXml(ValueError):
    """This is no message: not well-formed, not UTF-8, too large, too deep, or with a document type."""


class Unsendable(ValueError):
    """A text has a character that XML cannot hold."""


@attrs.frozen
class Node:
    """One element. To be sent, a name or an attribute may have the prefix `acx:` or `xsi:`."""

    name: str
    text: str = ""
    children: "tuple[Node, ...]" = ()
    attributes: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    def all(self, name: str) -> "Iterator[Node]":
        """The children of this name."""
        wanted = name.casefold()
        return (child for child in self.children if child.name.casefold() == wanted)

    def find(self, *path: str) -> "Node | None":
        """The first one at the end of the path."""
        at: Node | None = self
        for name in path:
            at = next(at.all(name), None) if at is not None else None
        return at

    def value(self, *path: str) -> str | None:
        """The text at the end of the path; None where there is nothing, or nothing in it."""
        found = self.find(*path)
        return (found.text.strip() or None) if found is not None else None

    def deep(self, name: str) -> "Node | None":
        """The first one of this name at any depth."""
        wanted = name.casefold()
        for child in self.children:
            if child.name.casefold() == wanted:
                return child
            if (found := child.deep(name)) is not None:
                return found
        return None

    def deep_value(self, name: str) -> str | None:
        found = self.deep(name)
        return (found.text.strip() or None) if found is not None else None


# Reading


def parse(data: bytes) -> Node:
    """Raises BadXml, whatever is wrong."""
    if len(data) > MOST_XML_BYTES:
        raise BadXml(f"{len(data)} bytes are more than the {MOST_XML_BYTES} of a frame")
    _refuse_document_type(data)
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the message itself says
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadXml(f"not well-formed: {error.msg}") from None
    if sum(1 for _ in zip(root.iter(), range(MOST_ELEMENTS + 1), strict=False)) > MOST_ELEMENTS:
        raise BadXml(f"more than {MOST_ELEMENTS} elements")
    return _node(root, 1)


def _node(element: Any, depth: int) -> Node:
    if depth > MOST_DEPTH:
        raise BadXml(f"elements more than {MOST_DEPTH} deep")
    children = tuple(_node(child, depth + 1) for child in element)
    text = "".join((element.text or "", *(child.tail or "" for child in element)))
    return Node(element.tag.rpartition("}")[2], text, children)


def _refuse_document_type(data: bytes) -> None:
    at = data.find(b"<!")
    while at >= 0:
        if not data.startswith(_MARKUP, at):
            raise BadXml("a document type, which no message has")
        at = data.find(b"<!", at + 2)


# Writing


def serialize(node: Node, namespace: str) -> bytes:
    """The message with its declaration; elements without a prefix are in `namespace`. Raises Unsendable."""
    try:
        spaces: dict[Any, str] = {None: namespace, **_PREFIXES}
        element = etree.Element(_qualified(node.name, namespace), nsmap=spaces)
        _fill(element, node, namespace)
    except ValueError as error:
        raise Unsendable(f"a text in {node.name} has a character that XML cannot hold") from error
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8")


def _fill(element: Any, node: Node, namespace: str) -> None:
    for name, value in node.attributes.items():
        element.set(_qualified(name, ""), value)
    if node.text:
        element.text = node.text
    for child in node.children:
        _fill(etree.SubElement(element, _qualified(child.name, namespace)), child, namespace)


def _qualified(name: str, namespace: str) -> str:
    prefix, colon, local = name.partition(":")
    if colon:
        return f"{{{_PREFIXES[prefix]}}}{local}"
    return f"{{{namespace}}}{name}" if namespace else name
