"""Which web pages may connect. A browser says in Origin which page it is that asks; other programs say nothing.

Without this any page that an agent looks at could talk to a server that only their machine reaches.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import attrs

from engine.security.loopback import host_of, is_loopback
from protocol.errors import FailureCode, Refused

ANY: Final = "*"
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@attrs.frozen(kw_only=True)
class Origins:
    """`allowed`: origins as browsers write them, or "*". None named: pages of the same host.

    `loopback_only`, for the demo: this machine's own pages, asking for this machine by its own names. A page of a
    foreign name that leads here has that name in Host. `required`: who says nothing is refused.
    """

    allowed: Sequence[str] = ()
    required: bool = False
    loopback_only: bool = False

    def check(self, origins: Sequence[str], host: str) -> None:
        """Raises Refused. `origins`: the values of all Origin headers of a request."""
        if self.loopback_only and not is_loopback(host):
            raise Refused(FailureCode.FORBIDDEN, "the demo answers on this machine's own address only; use 127.0.0.1")
        if not origins:
            if self.required:
                raise Refused(FailureCode.FORBIDDEN, "nobody comes in without an origin; send Origin, as browsers do")
            return
        if len(origins) > 1 or not self._allows(origins[0], host):
            raise Refused(
                FailureCode.FORBIDDEN,
                "pages of this origin may not connect; name it in listen.origins, if it is yours",
            )

    def _allows(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if self.loopback_only:
            return parts.scheme in DEFAULT_PORTS and is_loopback(parts.netloc)
        if self.allowed:
            return ANY in self.allowed or origin in self.allowed
        return parts.scheme in DEFAULT_PORTS and bool(host_of(host)) and host_of(parts.netloc) == host_of(host)


def check_origin(origin: str) -> None:
    """Raises ValueError unless it is written as browsers write it, since it is compared as it stands."""
    parts = urlsplit(origin)
    plain = f"{parts.scheme}://{parts.netloc}"
    if origin != ANY and (not parts.scheme or not parts.hostname or origin != plain or origin != origin.lower()):
        raise ValueError(f'must be an origin such as "https://desk.example", or "*", not {origin!r}')
    if parts.scheme in DEFAULT_PORTS and parts.port == DEFAULT_PORTS[parts.scheme]:
        raise ValueError(
            f"has the port that {parts.scheme} has anyway, which browsers leave out: leave it out of {origin}"
        )
