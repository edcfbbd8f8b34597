"""TLS for both ports: one certificate, taken up anew when its files change, without touching who is connected."""

import ssl
from pathlib import Path
from typing import Final

import structlog

from engine.config import ConfigError
from engine.security.files import Watched

log = structlog.get_logger(__name__)

SETTINGS: Final = "listen.tls_certificate, listen.tls_key"


class Certificates:
    """`context` is for the next connection; those that are there keep the one that they began with."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises ConfigError."""
        self._certificate, self._key = certificate, key
        self._files = Watched(certificate, key)
        self.context = self._load()

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        try:
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except ssl.SSLError as error:
            raise ConfigError(
                f"{SETTINGS}: {self._certificate} and {self._key} are no PEM certificate and its key "
                f"({error.reason or error}); give a chain, leaf first, and the leaf's key"
            ) from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(
                f"{SETTINGS}: {self._certificate} or {self._key} cannot be read ({why}); "
                "give files that the server's user may read, the key without a passphrase"
            ) from None
        return context

    def take_up_changes(self) -> None:
        """Look at the files; what is wrong with new ones is logged, and the old certificate stays."""
        if not self._files.due():
            return
        try:
            self.context = self._load()
        except ConfigError as error:
            if self._files.failed(str(error)):
                log.error(  # noqa: TRY400 - the message says all
                    "tls_certificate_kept", why=str(error), remedy="mend the files; they are looked at every second"
                )
        else:
            log.info("tls_certificate_taken_up", certificate=str(self._certificate))


def _no_password() -> str:
    """Nobody sits at a server to type one."""
    raise ValueError("the key has a passphrase")
