"""Bearer tokens: JSON Web Tokens of an identity provider, verified, and read as who they are for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

import jwt
from jwt.exceptions import InvalidJTIError, InvalidSubjectError

from engine.security.bearer import EXPIRED, BadToken
from engine.security.identities import Identities
from engine.security.people import Identity, team_of
from engine.security.settings import LEADING_ROLES, Role, TokenSettings

TOKEN_CHARS: Final = 8_192
ID_CHARS: Final = 128
FAILED: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        jwt.ExpiredSignatureError: EXPIRED,
        jwt.ImmatureSignatureError: "not yet valid",
        jwt.InvalidSignatureError: "signature",
        jwt.InvalidIssuerError: "issuer",
        jwt.InvalidAudienceError: "audience",
        InvalidSubjectError: "sub",
        jwt.InvalidIssuedAtError: "iat",
        InvalidJTIError: "jti",
    }
)
"""What the library's errors are about."""


class Keys(Protocol):
    async def find(self, kid: str | None) -> jwt.PyJWK | None: ...


class Tokens:
    """Tells who a token is for, as the settings have it."""

    def __init__(self, settings: TokenSettings, keys: Keys, identities: Identities) -> None:
        self._settings = settings
        self._keys = keys
        self._identities = identities

    async def identity(self, token: str) -> Identity:
        """Raises BadToken."""
        if len(token) > TOKEN_CHARS:
            raise BadToken("too long")
        claims = await self._verified(token)
        for name, value in self._settings.claims.items():
            if claims.get(name) != value:
                raise BadToken(f"claim {name}")
        identity = self._read(claims)
        if self._identities.token_revoked(identity.token_id) or self._identities.barred(identity.id):
            raise BadToken("revoked")
        known = self._identities.find(identity.id)
        if known is not None and known.role is not identity.role:
            raise BadToken(f"{identity.role}, and the directory has the id as {known.role}")
        return identity

    async def _verified(self, token: str) -> Mapping[str, Any]:
        settings = self._settings
        try:
            header = jwt.get_unverified_header(token)
            algorithm, kid = header.get("alg"), header.get("kid")
            if algorithm not in settings.algorithms:
                raise BadToken("algorithm")
            key = await self._keys.find(kid)
            if key is None or not _made_for(key, algorithm):
                raise BadToken("key")
            return jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                issuer=settings.issuer,
                audience=settings.audience,
                leeway=settings.skew_s,
                options={"require": ["exp", settings.id_claim]},
            )
        except (jwt.PyJWTError, OverflowError, RecursionError, TypeError, ValueError) as error:
            # The library's own errors, and what odd numbers and nesting make of its insides: all are the token's fault.
            raise BadToken(_why(error)) from None

    def _read(self, claims: Mapping[str, Any]) -> Identity:
        settings = self._settings
        id_, jti, name = claims[settings.id_claim], claims.get("jti"), claims.get("name")
        if not isinstance(id_, str) or not 0 < len(id_) <= ID_CHARS or "\0" in id_:
            raise BadToken("id")
        role = self._role(claims)
        try:
            expires_at = float(claims["exp"]) + settings.skew_s
        except OverflowError:
            raise BadToken("exp") from None
        return Identity(
            id=id_,
            role=role,
            name=name if isinstance(name, str) and 0 < len(name) <= ID_CHARS else None,
            team=self._team(claims, id_, role),
            team_known=role in LEADING_ROLES and claims.get(settings.team_claim) is None,
            expires_at=expires_at,
            token_id=jti if isinstance(jti, str) else None,
            by_token=True,
        )

    def _role(self, claims: Mapping[str, Any]) -> Role:
        given = claims.get(self._settings.role_claim, Role.AGENT.value)
        names = given if isinstance(given, list) else [given]
        known = self._settings.roles
        found = {known[name] for name in names if isinstance(name, str) and name in known}
        if self._settings.role_claim not in claims:
            found = {Role.AGENT}
        if len(found) != 1:  # none of ours; or several, between which we do not choose
            raise BadToken("role")
        return found.pop()

    def _team(self, claims: Mapping[str, Any], id_: str, role: Role) -> tuple[str, ...] | None:
        if role is Role.OPERATOR:
            return None
        given = claims.get(self._settings.team_claim)
        if given == "*":
            return None
        if isinstance(given, list) and all(isinstance(each, str) for each in given):
            return tuple(given)
        return () if given is not None else team_of(self._identities.find(id_))


def _why(error: Exception) -> str:
    """What failed, as the audit log has it: never a value of the token."""
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"no claim {error.claim}"
    return FAILED.get(type(error)) or f"malformed: {type(error).__name__}"


def _made_for(key: jwt.PyJWK, algorithm: str) -> bool:
    """A key that names its algorithm is for that one alone; an RSA key that does not is for all of RSA's."""
    if key.algorithm_name == algorithm:
        return True
    return key.key_type == "RSA" and key._jwk_data.get("alg") is None and algorithm[:2] in ("RS", "PS")
