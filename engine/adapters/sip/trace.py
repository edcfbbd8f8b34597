"""What a phone prints of its SIP messages: all that its events leave out. Pure: lines in, messages out.

Only phones that the adapter starts have it. It tells whether a REFER was accepted, the tags of a dialog, and the
headers with which a caller came.
"""

import re
from collections.abc import Mapping
from typing import Final

import attrs

LONGEST_LINE: Final = 10_000
MOST_HEADERS: Final = 200

_ROUTE: Final = re.compile(r"^(?:UDP|TCP|TLS) (?P<source>\S+) -> (?P<to>\S+)$")
_TAG: Final = re.compile(r";\s*tag=(?P<tag>[^;>\s]+)")
_COMPACT: Final = {"i": "call-id", "f": "from", "t": "to", "m": "contact"}


@attrs.frozen(kw_only=True)
class SipMessage:
    """`headers` by name in lower case, the first of each. `source` and `to` are `address:port`."""

    source: str
    to: str
    first: str
    headers: Mapping[str, str]

    @property
    def call_id(self) -> str:
        return self.headers.get("call-id", "")

    @property
    def status(self) -> int | None:
        """Of a response."""
        kind, _, rest = self.first.partition(" ")
        code = rest[:3]
        return int(code) if kind == "SIP/2.0" and code.isdigit() else None

    @property
    def method(self) -> str:
        """What it asks for, or is the response to."""
        if self.status is None:
            return self.first.partition(" ")[0]
        return self.headers.get("cseq", "").rpartition(" ")[2]

    def tag(self, header: str) -> str | None:
        match = _TAG.search(self.headers.get(header, ""))
        return match["tag"] if match else None


class Trace:
    """Takes one line after the other, and gives the message whose headers end with it."""

    def __init__(self) -> None:
        self._route: tuple[str, str] | None = None
        self._first: str | None = None
        self._headers: dict[str, str] = {}

    def take(self, line: str) -> SipMessage | None:
        line = line.rstrip("\r\n")[:LONGEST_LINE]
        if match := _ROUTE.match(line):
            self._route, self._first, self._headers = (match["source"], match["to"]), None, {}
            return None
        if self._route is None:
            return None
        if self._first is None:
            self._first = line
            return None
        if line:
            name, colon, value = line.partition(":")
            if colon and len(self._headers) < MOST_HEADERS:
                name = name.strip().lower()
                self._headers.setdefault(_COMPACT.get(name, name), value.strip())
            return None
        source, to = self._route
        self._route = None
        return SipMessage(source=source, to=to, first=self._first, headers=self._headers)
