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


class Door:
    """Brings connections together, and has each one spoken by."""

    def __init__(self, way: Listening | Connecting, bounds: Bounds) -> None:
        self._way = way
        self._bounds = bounds
        self._inside = 0
        self._left = trio.Event()

    async def run(self, talk: Talk) -> None:
        """Until cancelled. Raises OSError when there is nowhere to listen."""
        if isinstance(self._way, Listening):
            await self._listen(self._way, talk)
        else:
            await self._reach_out(self._way, talk)

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
                log.warning("link_refused", why="too many connections")
                await trio.aclose_forcefully(stream)
                return
            with self._through():
                plain = await _begin_tls(stream, way, self._bounds)
                if plain is None:
                    return
                why = await accept(plain, self._bounds, judge=partial(_judge, way), word=SUBPROTOCOL, talk=talk)
                if why.startswith("refused"):
                    log.warning("link_refused", why=why)

        await trio.serve_tcp(serve, way.port, host=way.host)

    # We connect

    async def _reach_out(self, way: Connecting, talk: Talk) -> None:
        """One connection after the other."""
        said = ""
        while True:
            with self._through():
                why = await _reach_once(way, self._bounds, talk)
            if why != said:
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
        log.warning("link_refused", why="no TLS handshake")
        await trio.aclose_forcefully(stream)
        return None
    return encrypted


def _judge(way: Listening, path: str, headers: Headers) -> Rejection | None:
    if path != way.path:
        return Rejection(404, f"adapters connect to {way.path}")
    shown = [value for name, value in headers if name.lower() == b"authorization"]
    scheme, _, token = shown[0].decode("latin-1").partition(" ") if len(shown) == 1 else ("", "", "")
    right = hmac.compare_digest(digest_of(token.strip()), way.token_hash)
    if scheme.lower() != "bearer" or not right:
        return Rejection(401, "show the token of this link: one header, Authorization: Bearer TOKEN")
    return None


async def _reach_once(way: Connecting, bounds: Bounds, talk: Talk) -> str:
    try:
        with trio.fail_after(bounds.handshake_s):
            stream = await trio.open_tcp_stream(way.host, way.port)
    except (OSError, trio.TooSlowError) as error:
        return f"{way.authority} cannot be reached: {str(error) or 'no answer'}"
    plain: trio.abc.Stream = stream
    if way.tls is not None:
        plain = encrypted = trio.SSLStream(stream, way.tls, server_hostname=way.host, https_compatible=True)
        try:
            with trio.fail_after(bounds.handshake_s):
                await encrypted.do_handshake()
        except (trio.BrokenResourceError, trio.TooSlowError) as error:
            await trio.aclose_forcefully(stream)
            return f"no TLS handshake with {way.authority}: {error.__cause__ or 'no answer'}"
    headers = [(b"Authorization", f"Bearer {way.token}".encode())]
    return await connect(
        plain, bounds, host=way.authority, resource=way.resource, headers=headers, word=SUBPROTOCOL, talk=talk
    )
