"""What is shown as a bearer token, and how it is refused: without the libraries that verify one."""

from typing import Final

from protocol.errors import FailureCode, Refused

EXPIRED: Final = "expired"


def is_token(shown: str) -> bool:
    """Three parts, the first of which is a JSON object in base64: no key of an operator or a service looks so."""
    return shown.count(".") == 2 and shown.startswith("eyJ")


class BadToken(Refused):
    """`why`, in a word or two, is for the audit log: the client is told no more than that the token has expired."""

    def __init__(self, why: str) -> None:
        message = "the token has expired" if why == EXPIRED else "the token is not accepted"
        super().__init__(FailureCode.AUTH_FAILED, f"{message}; get a new one")
        self.why = why
