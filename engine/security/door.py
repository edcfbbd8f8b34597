"""The door: who may come in, judged by the handshake alone, before anything is agreed on.

Source: specs/security.md, "At the handshake".
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from engine.security.audit import Audit
from engine.security.bearer import BadToken, is_token
from engine.security.identities import Identities
from engine.security.origins import Origins
from engine.security.people import CHANGED, REVOKED, Identity, identity_of
from protocol.errors import FailureCode, Refused

if TYPE_CHECKING:
    from engine.security.tokens import Tokens

SCHEME: Final = "bearer"
SUBPROTOCOL_PREFIX: Final = "bearer."
"""For browsers, which cannot send headers with a WebSocket: the token is one of the subprotocols that they offer."""

EVERYBODY: Final = Origins(allowed=("*",))


@attrs.frozen(kw_only=True)
class Knock:
    """What a handshake says. Nothing of it is logged but where it comes from."""

    address: str
    host: str
    headers: Sequence[tuple[bytes, bytes]] = attrs.field(repr=False)
    subprotocols: Sequence[str] = attrs.field(default=(), repr=False)

    def all_of(self, name: bytes) -> list[str]:
        return [value.decode("latin-1") for key, value in self.headers if key.lower() == name]


class Door:
    """`tokens` None: no identity provider, so keys alone. `required`: nobody comes in unless they show who they are."""

    def __init__(
        self,
        identities: Identities,
        *,
        origins: Origins = EVERYBODY,
        tokens: "Tokens | None" = None,
        required: bool = False,
        audit: Audit | None = None,
    ) -> None:
        self._identities = identities
        self._origins = origins
        self._tokens = tokens
        self._required = required
        self._audit = audit or Audit()

    async def enter(self, knock: Knock) -> Identity | None:
        """Who it is; None: they have not said, and may show it later. Raises Refused."""
        try:
            self._origins.check(knock.all_of(b"origin"), knock.host)
        except Refused:
            self._audit.bad("origin_refused", address=knock.address)
            raise
        shown = [*_bearers(knock.all_of(b"authorization")), *_offered(knock.subprotocols)]
        if len(shown) > 1:
            raise Refused(FailureCode.NOT_AUTHENTICATED, "there are several tokens or keys; send one")
        if shown:
            identity = await self.bearer(shown[0], knock.address)
            self._audit.good(
                "login",
                who=identity.id,
                role=identity.role,
                how="token" if identity.by_token else "key",
                jti=identity.token_id,
                address=knock.address,
            )
            return identity
        if self._required:
            self._audit.bad("login_failed", how="none", address=knock.address)
            raise Refused(FailureCode.NOT_AUTHENTICATED, "nobody comes in without a token; send Authorization: Bearer")
        return None

    async def bearer(self, shown: str, address: str) -> Identity:
        """Who shows this key or token. Raises Refused."""
        if self._tokens is not None and is_token(shown):
            return await self._by_token(self._tokens, shown, address)
        person = await self._identities.holder(shown, address)
        if person is None:
            raise Refused(FailureCode.AUTH_FAILED, "this key is nobody's; check it")
        return identity_of(person)

    async def _by_token(self, tokens: "Tokens", token: str, address: str) -> Identity:
        try:
            return await tokens.identity(token)
        except BadToken as bad:
            # No guess that could come right some day, so it does not count for the lock-out.
            self._audit.bad("login_failed", how="token", why=bad.why, address=address)
            raise

    def why_out(self, identity: Identity | None) -> str:
        """Why somebody who is in must go now; "" when they may stay."""
        if identity is None:
            return ""
        if identity.expires_at is not None and time.time() > identity.expires_at:
            return "the token has expired; connect with a new one and resume"
        known = self._identities.find(identity.id)
        gone = known is None and not identity.by_token
        if gone or self._identities.barred(identity.id) or self._identities.token_revoked(identity.token_id):
            return REVOKED
        return "" if identity.holds(known) else CHANGED


def _bearers(values: Sequence[str]) -> list[str]:
    shown = []
    for value in values:
        scheme, _, rest = value.partition(" ")
        if scheme.lower() != SCHEME or not rest.strip():
            raise Refused(FailureCode.NOT_AUTHENTICATED, "Authorization is of another kind; send Bearer and a token")
        shown.append(rest.strip())
    return shown


def _offered(subprotocols: Sequence[str]) -> list[str]:
    return [name.removeprefix(SUBPROTOCOL_PREFIX) for name in subprotocols if name.startswith(SUBPROTOCOL_PREFIX)]
