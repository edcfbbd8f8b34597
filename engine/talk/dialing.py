"""Connecting to a server of sessions, and what to say where that cannot be done."""

import ssl
from contextlib import ExitStack
from typing import Final

import attrs
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from engine.talk.errors import TalkError
from engine.terminal import untrusted
from protocol.endpoint import BATCHED, PLAIN

FRAME_BYTES: Final = 16 * 1024 * 1024
"""More than any server sends in one frame, and little enough to hold."""
OPEN_S: Final = 10.0
SAID_BYTES: Final = 400
"""So much is shown of what a server says that lets nobody in."""


@attrs.frozen(kw_only=True)
class Dialing:
    """Where to connect, and how."""

    url: str
    batched: bool

    def dial(self, open_: ExitStack) -> ClientConnection:
        """Connect; `open_` closes it.

        Raises TalkError where it is of no use to try again, else OSError or WebSocketException.
        """
        wanted = BATCHED if self.batched else PLAIN
        connection = open_.enter_context(
            connect(self.url, subprotocols=[Subprotocol(wanted)], open_timeout=OPEN_S, max_size=FRAME_BYTES)
        )
        if self.batched and connection.subprotocol != BATCHED:
            open_.close()
            raise TalkError(f"{self.url} does not speak {BATCHED}; leave --batched out")
        return connection

    def dial_first(self, open_: ExitStack) -> ClientConnection:
        """As `dial`, where nothing says yet that there is such a server at all. Raises TalkError whatever is wrong."""
        try:
            return self.dial(open_)
        except ssl.SSLCertVerificationError as error:
            raise TalkError(untrusted(self.url, error)) from None
        except (InvalidURI, ValueError):
            raise TalkError(
                f"{self.url} is no WebSocket URL; write one like ws://127.0.0.1:8765/agent, as `ixp serve` prints it"
            ) from None
        except WebSocketException as error:
            raise TalkError(
                f"{self.url} is not an agent-session server ({_refusal(error)}); check host, port and path, and write "
                "wss:// where the server has a certificate"
            ) from None
        except OSError as error:
            raise TalkError(
                f"{self.url} cannot be reached ({error.strerror or error}); start `ixp serve`, or check host and port"
            ) from None


def _refusal(error: WebSocketException) -> str:
    """What went wrong at the handshake, with what the server says of it."""
    body = bytes(error.response.body or b"") if isinstance(error, InvalidStatus) else b""
    said = " ".join(body[:SAID_BYTES].decode(errors="replace").split())
    return f"{error}: {said}" if said else str(error)
