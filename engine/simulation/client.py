"""A client of the control over HTTP, for the command line: one request at a time, and errors that say what to do."""

import http.client
import json
import ssl
from typing import Final
from urllib.parse import quote, urlsplit

from engine.terminal import untrusted
from protocol.strictjson import Json

DEFAULT_URL: Final = "http://127.0.0.1:8080"
ROOT: Final = "/simulator"
PATIENCE_S: Final = 30.0
_UNAUTHORIZED: Final = 401
_ERRORS_FROM: Final = 400


class ControlError(Exception):
    """It cannot be done; the message is for the person who asked for it. `code` is that of the server's failure."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def _connection_to(url: str) -> http.client.HTTPConnection:
    """Not opened yet. Raises ControlError."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:  # no port that there is
        host = port = None
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/"):
        raise ControlError(f"{url} is no server's URL; give one such as {DEFAULT_URL}, which `ixp serve` prints")
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return connect(host, port, timeout=PATIENCE_S)


class Client:
    """Speaks with the server at `url`, past any proxy. Raises ControlError where `url` is none."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self._url = url
        self._connection = _connection_to(url)
        self._headers = {"Accept": "application/json"}
        if key is not None:
            if not (key.isascii() and key.isprintable()):
                raise ControlError("the key has characters that no key has; give the one of [[operators]] as it stands")
            self._headers["Authorization"] = f"Bearer {key}"

    def get(self, *path: str) -> Json:
        return self._ask("GET", path, None)

    def post(self, *path: str, **body: Json) -> Json:
        """What is None is left out of the body."""
        return self._ask("POST", path, {name: value for name, value in body.items() if value is not None})

    def delete(self, *path: str) -> Json:
        return self._ask("DELETE", path, None)

    def _ask(self, method: str, path: tuple[str, ...], body: Json) -> Json:
        """The answer, or None where there is none to give. Raises ControlError."""
        target = "/".join((ROOT, *(quote(part, safe="") for part in path)))
        headers, sent = self._headers, None
        if body is not None:
            headers, sent = {**headers, "Content-Type": "application/json"}, json.dumps(body).encode()
        try:
            self._connection.request(method, target, sent, headers)
            response = self._connection.getresponse()
            status, text = response.status, response.read()
        except ssl.SSLCertVerificationError as error:
            raise ControlError(untrusted(self._url, error)) from None
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise ControlError(
                f"no server answers at {self._url} ({why}); start it with `ixp serve`, or give --url"
            ) from None
        finally:
            # The server ends a connection that is idle for some seconds; a new one for each request is never stale.
            self._connection.close()
        return self._read(status, text)

    def _read(self, status: int, text: bytes) -> Json:
        try:
            answer: Json = json.loads(text) if text else None
            failure = answer["failure"] if status >= _ERRORS_FROM else None
        except (ValueError, KeyError, TypeError):
            raise ControlError(
                f"what answers at {self._url} is no interaction processor (HTTP {status}); give the URL that "
                "`ixp serve` prints with --url"
            ) from None
        if failure is None:
            return answer
        hint = "; give the key with --key or IXP_OPERATOR_KEY" if status == _UNAUTHORIZED else ""
        raise ControlError(f"{failure['code']}: {failure['message']}{hint}", failure["code"])
