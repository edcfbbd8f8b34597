"""The settings of identity: the directory, tokens, hashes, lock-out, audit. Part of the one TOML file."""

import enum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from engine.bounds import at_least_one, not_negative, positive
from engine.security.loopback import is_loopback
from protocol.ids import END, ID_PATTERN


class Role(enum.StrEnum):
    """What somebody is to the processor, and so what they may do. Source: specs/security.md, "Who may do what"."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    SERVICE = "service"


KEY_ROLES: Final = frozenset({Role.OPERATOR, Role.SERVICE})
"""They show a key, ID.SECRET, so that it can be told from the key alone whose it is …"""
LEADING_ROLES: Final = frozenset({Role.SUPERVISOR, Role.SERVICE})
"""They have a team."""
KEY_ID: Final = f"^{ID_PATTERN}{END}"
"""… and an id of theirs must go into a header, and be told from the secret."""

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""All with a public and a private key: whoever can read the key set cannot sign with it."""


def _algorithms(instance: object, attribute: "attrs.Attribute[Any]", value: tuple[str, ...]) -> None:
    wrong = [name for name in value if name not in ALGORITHMS]
    if wrong or not value:
        raise ValueError(f"{attribute.name} must be some of {', '.join(ALGORITHMS)}, not {', '.join(wrong) or 'none'}")


def is_url(keys: str) -> bool:
    return "://" in keys


def _keys(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    """Whoever can change the keys on their way here can be anybody, so they come encrypted."""
    if not value:
        raise ValueError(f"{attribute.name} must be the path of a file or a URL, not empty")
    if is_url(value):
        parts = urlsplit(value)
        local = parts.scheme == "http" and is_loopback(parts.netloc)
        if not parts.hostname or not (parts.scheme == "https" or local):
            raise ValueError(f"{attribute.name} must be an https URL (http on loopback alone) or a file, not {value}")


def _not_empty(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not value:
        raise ValueError(f"{attribute.name} must not be empty")


KIB_A_LANE: Final = 8
"""The least that argon2 can do with."""


@attrs.frozen(kw_only=True)
class Hashing:
    """How hard it is to guess at a stolen hash (argon2id). New hashes are made so; old ones are read as they are."""

    memory_kib: int = attrs.field(default=19_456, validator=at_least_one)
    """What one hash costs an attacker, and the server at each login with a password, in memory …"""
    time_cost: int = attrs.field(default=2, validator=at_least_one)
    """… and in passes over it."""
    parallelism: int = attrs.field(default=1, validator=at_least_one)
    """Lanes of one hash."""
    at_once: int = attrs.field(default=2, validator=at_least_one)
    """How many hashes are computed at the same time, each in a thread of its own; further logins wait."""

    def __attrs_post_init__(self) -> None:
        if self.memory_kib < KIB_A_LANE * self.parallelism:
            raise ValueError(f"memory_kib must be at least {KIB_A_LANE} for each lane, not {self.memory_kib}")


@attrs.frozen(kw_only=True)
class LockoutSettings:
    """When guessing stops: failed logins count for the id that was given and for the address that they came from."""

    failures: int = attrs.field(default=10, validator=at_least_one)
    """So many failures of one id within the window …"""
    failures_of_address: int = attrs.field(default=200, validator=at_least_one)
    """… or so many of one address, whatever ids they were for …"""
    window_s: float = attrs.field(default=300.0, validator=positive)
    """… which is so long …"""
    locked_s: float = attrs.field(default=60.0, validator=positive)
    """… lock it for so long."""
    remembered: int = attrs.field(default=20_000, validator=at_least_one)
    """Ids and addresses that are remembered, of each; beyond, the one that failed longest ago is forgotten."""


@attrs.frozen(kw_only=True)
class TokenSettings:
    """Bearer tokens (JWT) of an identity provider."""

    keys: str = attrs.field(validator=_keys)
    """The provider's key set (JWKS): a file, or an https URL."""
    issuer: str = attrs.field(validator=_not_empty)
    """What `iss` must be."""
    audience: str = attrs.field(validator=_not_empty)
    """What `aud` must be or hold: tokens for others are refused."""
    algorithms: tuple[str, ...] = attrs.field(default=("RS256", "ES256"), validator=_algorithms)
    """How tokens may be signed."""
    skew_s: float = attrs.field(default=30.0, validator=not_negative)
    """By how much the clocks of provider and server may differ."""
    id_claim: str = attrs.field(default="sub", validator=_not_empty)
    """The claim with the person's id here."""
    role_claim: str = attrs.field(default="role", validator=_not_empty)
    """The claim with the role, a text or a list of texts; without it the token is an agent's."""
    team_claim: str = attrs.field(default="team", validator=_not_empty)
    """The claim with the ids of a supervisor's or service's agents; "*" is all."""
    roles: dict[str, Role] = attrs.field(factory=lambda: {role.value: role for role in Role})
    """What the provider calls the roles, if not so."""
    claims: dict[str, str] = attrs.field(factory=dict)
    """Further claims that a token must have, such as the tenant's, each with its value."""


@attrs.frozen(kw_only=True)
class IdentitySettings:
    """Who people are, beside those whom this file names. Relative paths are taken from the folder of this file."""

    file: str | None = None
    """The directory of people, which `ixp users` writes."""
    required: bool = False
    """Refuse connections that show no token or key at the handshake; passwords then open nothing."""
    metrics_for_operators: bool = False
    """Let only operators read /metrics."""
    audit_file: str | None = None
    """Where audit records are appended, one JSON object a line; they are in the log in any case."""
    hashing: Hashing = attrs.field(factory=Hashing)
    lockout: LockoutSettings = attrs.field(factory=LockoutSettings)
    tokens: TokenSettings | None = None

    def under(self, folder: Path) -> "IdentitySettings":
        """The same, with paths that can be opened from anywhere."""
        tokens = self.tokens
        if tokens is not None and not is_url(tokens.keys):
            tokens = attrs.evolve(tokens, keys=str(folder / tokens.keys))
        return attrs.evolve(
            self, file=below(folder, self.file), audit_file=below(folder, self.audit_file), tokens=tokens
        )


def below(folder: Path, path: str | None) -> str | None:
    return None if path is None else str(folder / path)
