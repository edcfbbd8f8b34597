"""An identity provider of the tests' own: keys, key sets, tokens, good and bad."""

import json
import time
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

ISSUER: Final = "https://login.test"
AUDIENCE: Final = "contact-centre"


class Issuer:
    """Signs with ES256, by a key that is made anew each time, named `kid`."""

    def __init__(self, kid: str | None = "first") -> None:
        self.kid = kid
        self.private = ec.generate_private_key(ec.SECP256R1())

    def public_jwk(self) -> dict[str, Any]:
        jwk: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return jwk if self.kid is None else {**jwk, "kid": self.kid}

    def token(self, sub: str | None = "agent1", *, expires_in_s: float = 60, **claims: Any) -> str:
        """Good unless told otherwise; a claim that is None is left out."""
        now = time.time()
        given = {"sub": sub, "iss": ISSUER, "aud": AUDIENCE, "iat": int(now), "exp": now + expires_in_s, **claims}
        return jwt.encode(
            {name: value for name, value in given.items() if value is not None},
            self.private,
            algorithm="ES256",
            headers={} if self.kid is None else {"kid": self.kid},
        )


def key_set(*issuers: Issuer) -> str:
    return json.dumps({"keys": [issuer.public_jwk() for issuer in issuers]})
