"""How the program and we come together: it connects to us, or we to it. Source: specs/adapter-link.md, "Connecting"."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import structlog
import trio

from engine.adapters.link.settings import Connecting, Listening, digest_of
from engine.adapters.link.words import SUBPROTOCOL
from engine.transport.texts import Bounds, Headers, Rejection, Talk, accept, connect

log = structlog.get_logger()

CONNECTIONS_AT_MOST: Final = 16
"""One speaks; the others are those that come to take its place, and strangers."""


NO_TLS: Final = "no TLS handshake; the program is to connect to a wss URL, and to trust tls_certificate"
REMEDIES: Final = {
    401: "; set token to the one that the program takes",
    404: "; set url to the path where the program takes links",
}
"""What is to be done where a program refuses us; it may have said more itself."""


class Door:
    """Brings connections together, and has each one spoken by."""

    def __init__(self, way: Listening | Connecting, bounds: Bounds) -> None:
        self._way = way
        self._bounds = bounds
        self._inside = 0
        self._left = trio.Event()
        self._last = ""
        """How the latest connection, or the attempt at one, has ended."""
        self._welcome = False
        """Has the program been let in by the latest connection that we have made?"""

    def nobody_within(self, seconds: float) -> str:
        """What to say, and to do, when no program has come so long."""
        latest = f"the latest attempt: {self._last}"
        if isinstance(self._way, Listening):
            do = "start it with this URL and with the token that token_hash is made of"
            did, do = "connected to", f"{do}; {latest}" if self._last else do
        else:
            did, do = "said hello at", latest if self._last else "start it there, or set url"
        return f"no program has {did} {self._way.url} within {round(seconds, 1):g} s; {do}"

    async def run(self, talk: Talk) -> None:
        """Until cancelled. Raises OSError when there is nowhere to listen."""
        if isinstance(self._way, Listening):
            await self._listen(self._way, talk)
        else:
            await self._reach_out(self._way, talk)

    def let_in(self) -> None:
        """The program may speak: how this connection ends is not that somebody was refused."""
        self._welcome = True

    async def empty(self) -> None:
        """Wait until all connections have been parted from."""
        while self._inside:
            await self._left.wait()

    @contextmanager
    def _through(self) -> Iterator[None]:
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._left.set()
            self._left = trio.Event()

    # The program connects

    async def _listen(self, way: Listening, talk: Talk) -> None:
        async def serve(stream: trio.SocketStream) -> None:
            if self._inside >= CONNECTIONS_AT_MOST:
                log.warning("link_refused", why="too many connections; end those that do not say hello")
                await trio.aclose_forcefully(stream)
                return
            with self._through():
                plain = await _begin_tls(stream, way, self._bounds)
                if plain is None:
                    self._last = NO_TLS
                    return
                why = await accept(plain, self._bounds, judge=partial(_judge, way), word=SUBPROTOCOL, talk=talk)
                self._last = why
                if why.startswith("refused"):
                    log.warning("link_refused", why=why)

        try:
            listeners = await trio.open_tcp_listeners(way.port, host=way.host)
        except OSError as error:
            words = f"{way.url} cannot be listened at ({error}); end whatever has this port, or set another"
            raise OSError(words) from error
        log.info("link_listening", address=way.url)
        await trio.serve_listeners(serve, listeners)

    # We connect

    async def _reach_out(self, way: Connecting, talk: Talk) -> None:
        """One connection after the other."""
        said = ""
        while True:
            self._welcome = False
            with self._through():
                self._last = why = await _reach_once(way, self._bounds, talk)
            if self._welcome:
                why = ""
            elif why != said:
                log.warning("link_refused", why=why)
            said = why
            await trio.sleep(way.retry_s)


async def _begin_tls(stream: trio.SocketStream, way: Listening, bounds: Bounds) -> trio.abc.Stream | None:
    """The stream to speak plainly over; None where the program does not come to an agreement in time."""
    if way.tls is None:
        return stream
    encrypted = trio.SSLStream(stream, way.tls, server_side=True, https_compatible=True)
    try:
        with trio.fail_after(bounds.handshake_s):
            await encrypted.do_handshake()
    except (trio.TooSlowError, trio.BrokenResourceError):
        log.warning("link_refused", why=NO_TLS)
        await trio.aclose_forcefully(stream)
        return None
    return encrypted


def _judge(way: Listening, path: str, headers: Headers) -> Rejection | None:
    """None for who may come in. The words are for the program, and for who reads the log."""
    if path != way.path:
        return Rejection(404, f"there is no link here; have the program connect to {way.url}, or set path")
    shown = [value for name, value in headers if name.lower() == b"authorization"]
    scheme, _, token = shown[0].decode("latin-1").partition(" ") if len(shown) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        return Rejection(401, "no token is shown; have the program send one header, Authorization: Bearer TOKEN")
    if not hmac.compare_digest(digest_of(token.strip()), way.token_hash):
        return Rejection(
            401,
            "this is not the token of the link; give the program the right one, or set token_hash to what "
            'printf %s "$TOKEN" | sha256sum prints for this one',
        )
    return None


async def _reach_once(way: Connecting, bounds: Bounds, talk: Talk) -> str:
    try:
        with trio.fail_after(bounds.handshake_s):
            stream = await trio.open_tcp_stream(way.host, way.port)
    except (OSError, trio.TooSlowError) as error:
        return f"{way.url} cannot be reached ({str(error) or 'no answer'}); start the program there, or set url"
    plain: trio.abc.Stream = stream
    if way.tls is not None:
        plain = encrypted = trio.SSLStream(stream, way.tls, server_hostname=way.host, https_compatible=True)
        try:
            with trio.fail_after(bounds.handshake_s):
                await encrypted.do_handshake()
        except (trio.BrokenResourceError, trio.TooSlowError) as error:
            await trio.aclose_forcefully(stream)
            why = error.__cause__ or "no answer"
            return f"no TLS handshake with {way.url} ({why}); set tls_ca to the file of who vouches for it, or url"
    headers = [(b"Authorization", f"Bearer {way.token}".encode())]
    why = await connect(
        plain, bounds, host=way.authority, resource=way.resource, headers=headers, word=SUBPROTOCOL, talk=talk
    )
    return why + next((do for status, do in REMEDIES.items() if why.startswith(f"refused with {status}")), "")
