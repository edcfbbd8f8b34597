"""Who may make things happen on the simulator: operators, by key or token; in the demo, whoever is on this machine."""

from collections import OrderedDict
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from engine.http.failures import SCHEME
from engine.security.addresses import counted_as
from engine.security.audit import Audit
from engine.security.door import Door
from engine.security.lockout import Locked
from engine.security.loopback import is_loopback
from engine.security.people import Identity
from engine.security.settings import Role
from protocol.errors import FailureCode, Refused

DEMO: Final = "demo"
RECORDED_AT_MOST: Final = 4_096
"""How many keys and tokens are remembered to have been recorded, each at its addresses."""


class Access:
    """Decides by the headers of a request."""

    def __init__(self, door: Door | None, audit: Audit | None = None) -> None:
        """`door` None: the demo, which listens on loopback only; whoever can reach it may do everything."""
        self._door = door
        self._audit = audit or Audit()
        self._recorded: OrderedDict[tuple[Identity, str], None] = OrderedDict()

    async def check(self, request: Request, *, asked: str) -> str:
        """The id of the operator. `asked`: what for, for the audit log. Raises Refused."""
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
            self._audit.bad("overreach", who=identity.id, role=identity.role, asked=asked, address=address)
            raise Refused(FailureCode.FORBIDDEN, f"{identity.id} is no operator; take the key or token of one")
        self._record_first_use(identity, address)
        return identity.id

    def _record_first_use(self, identity: Identity, address: str) -> None:
        """They come with every request: what is recorded is that a key or token is in use, and from where."""
        use = identity, counted_as(address)
        known = use in self._recorded
        self._recorded[use] = None
        self._recorded.move_to_end(use)
        if known:
            return
        if len(self._recorded) > RECORDED_AT_MOST:
            self._recorded.popitem(last=False)
        self._audit.good(
            "login", who=identity.id, role=identity.role, how="http", jti=identity.token_id, address=address
        )


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
