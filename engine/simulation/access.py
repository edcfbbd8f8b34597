"""Who may make things happen on the simulator: operators, by key or token; in the demo, whoever is on this machine."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from engine.http.failures import SCHEME
from engine.security.door import Door
from engine.security.lockout import Locked
from engine.security.loopback import is_loopback
from engine.security.settings import Role
from protocol.errors import FailureCode, Refused

DEMO: Final = "demo"


class Access:
    """Decides by the headers of a request."""

    def __init__(self, door: Door | None) -> None:
        """None: the demo, which listens on loopback only; whoever can reach it may do everything."""
        self._door = door

    async def check(self, request: Request) -> str:
        """The id of the operator. Raises Refused."""
        headers = request.headers
        if self._door is None:
            _check_not_from_a_page(headers)
            return DEMO
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower() or not shown.strip():
            raise Refused(
                FailureCode.NOT_AUTHENTICATED,
                "this is for operators; send Authorization: Bearer with the key of one of [[operators]], or a token",
            )
        address = request.client.host if request.client else ""
        try:
            identity = await self._door.bearer(shown.strip(), address)
        except Locked:
            raise
        except Refused as refused:
            raise Refused(
                refused.code, f"{refused.message}; or take the key of one of [[operators]], or add one"
            ) from None
        if identity.role is not Role.OPERATOR:
            raise Refused(FailureCode.FORBIDDEN, f"{identity.id} is no operator; take the key or token of one")
        return identity.id


def _check_not_from_a_page(headers: Headers) -> None:
    """A page that somebody on this machine looks at must not reach the demo by their browser.

    A foreign page has its own Origin; one that is served under a name of its own, which leads here, has a foreign Host.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if not is_loopback(host):
        raise Refused(
            FailureCode.FORBIDDEN, f"the demo answers on this machine's own address only, not as {host}; use 127.0.0.1"
        )
    if origin is not None and urlsplit(origin).netloc != host:
        raise Refused(FailureCode.FORBIDDEN, f"pages of {origin} may not use the simulator; use `ixp simulate`")
