"""Who may make things happen on the simulator: operators, by their keys; in the demo, whoever is on this machine."""

import hmac
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from protocol.errors import FailureCode, Refused

SCHEME: Final = "Bearer"


class Operator(Protocol):
    """As the configuration has it."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...


class Access:
    """Decides by the headers of a request."""

    def __init__(self, operators: Iterable[Operator] | None) -> None:
        """None: the demo, which listens on loopback only; whoever can reach it may do everything."""
        self._keys = None if operators is None else {operator.id: operator.key.encode() for operator in operators}

    def check(self, headers: Headers) -> str:
        """The id of the operator. Raises Refused."""
        if self._keys is None:
            _check_not_from_a_page(headers)
            return "demo"
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower() or not key.strip():
            raise Refused(
                FailureCode.NOT_AUTHENTICATED,
                "the simulator is for operators; send Authorization: Bearer with the key of one of [[operators]]",
            )
        return self._holder(key.strip().encode())

    def _holder(self, key: bytes) -> str:
        """Takes as long for every wrong key."""
        found = [id_ for id_, known in (self._keys or {}).items() if hmac.compare_digest(known, key)]
        if not found:
            raise Refused(
                FailureCode.AUTH_FAILED, "no operator has this key; take the key of one of [[operators]], or add one"
            )
        return found[0]


def _check_not_from_a_page(headers: Headers) -> None:
    """A page that somebody on this machine looks at must not reach the demo by their browser.

    A foreign page has its own Origin; one that is served under a name of its own, which leads here, has a foreign Host.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if not _is_loopback(host):
        raise Refused(
            FailureCode.FORBIDDEN, f"the demo answers on this machine's own address only, not as {host}; use 127.0.0.1"
        )
    if origin is not None and urlsplit(origin).netloc != host:
        raise Refused(FailureCode.FORBIDDEN, f"pages of {origin} may not use the simulator; use `ixp simulate`")


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
