"""All of identity, put together from the settings, and kept up to date while the server runs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import structlog
import trio

from engine.config import ConfigError, Settings, plain_secrets
from engine.security.audit import Audit
from engine.security.directory import Directory, Unreadable, open_to_others, read_directory
from engine.security.door import Door
from engine.security.files import Watched
from engine.security.identities import Identities
from engine.security.origins import Origins
from engine.security.settings import TokenSettings, is_url
from engine.security.tls import Certificates

if TYPE_CHECKING:
    from engine.security.keysets import KeySet
    from engine.security.tokens import Tokens

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
"""How soon a change of a file is taken up, and a token that has expired is noticed."""


@attrs.frozen
class _Directory:
    path: Path
    file: Watched


@attrs.frozen(kw_only=True)
class Guarding:
    """Who may come in, how, and what is written about it. `run` is its task."""

    audit: Audit
    identities: Identities
    door: Door
    certificates: Certificates | None
    _directory: _Directory | None
    _keys: "KeySet | None"
    _keys_file: Watched | None

    async def run(self, expel: Callable[[], None]) -> None:
        """Take up what changes, and have `expel` look who may not be here any longer."""
        async with trio.open_nursery() as nursery:
            if self._keys is not None:
                nursery.start_soon(self._keys.run)
            while True:
                await trio.sleep(LOOK_EVERY_S)
                if self.certificates is not None:
                    self.certificates.take_up_changes()
                if self._keys is not None and self._keys_file is not None and self._keys_file.due():
                    why = await self._keys.refresh(told=self._keys_file.told)
                    if why:
                        self._keys_file.failed(why)
                if self._directory is not None and self._directory.file.due():
                    await self._read_directory(self._directory)
                expel()

    async def _read_directory(self, directory: _Directory) -> None:
        """What is wrong with a new one is logged, and the people from before stay."""
        try:
            self.identities.take(await trio.to_thread.run_sync(read_directory, directory.path))
        except ConfigError as error:
            # The same bytes would be as wrong when they are read again.
            if not isinstance(error, Unreadable) or directory.file.failed(str(error)):
                remedy = "mend the file, or write it with `ixp users`; it is looked at every second"
                log.error("directory_kept", why=str(error), remedy=remedy)  # noqa: TRY400 - the message says all
        else:
            log.info("directory_taken_up", file=str(directory.path))


def guard(settings: Settings, *, demo: bool) -> Guarding:
    """Raises ConfigError. Called inside of trio."""
    identity, listen = settings.identity, settings.listen
    audit = Audit(None if identity.audit_file is None else Path(identity.audit_file))
    path = None if identity.file is None else Path(identity.file)
    directory = None if path is None else _Directory(path, Watched(path))  # before it is read
    try:
        identities = Identities(
            settings.agents,
            settings.supervisors,
            settings.operators,
            directory=Directory() if path is None else read_directory(path),
            hashing=identity.hashing,
            lockout=identity.lockout,
            audit=audit,
        )
    except ConfigError as error:
        raise ConfigError(f"identity.file: {error}") from None
    keys, tokens = (None, None) if identity.tokens is None else _verifying(identity.tokens, identities)
    keys_file = None if identity.tokens is None or is_url(identity.tokens.keys) else Path(identity.tokens.keys)
    keys_watched = None if keys_file is None else Watched(keys_file)
    if keys_file is not None:
        _check_keys(keys_file)
    if not demo:
        _warn(settings, path)
    certificates = None
    if listen.tls_certificate is not None and listen.tls_key is not None:
        certificates = Certificates(Path(listen.tls_certificate), Path(listen.tls_key))
    door = Door(
        identities,
        origins=Origins(allowed=listen.origins, required=listen.origin_required, loopback_only=demo),
        tokens=tokens,
        required=identity.required,
        audit=audit,
    )
    return Guarding(
        audit=audit,
        identities=identities,
        door=door,
        certificates=certificates,
        directory=directory,
        keys=keys,
        keys_file=keys_watched,
    )


def _verifying(settings: TokenSettings, identities: Identities) -> "tuple[KeySet, Tokens]":
    """The libraries for it are imported where tokens are wanted: they take a tenth of the time of a start."""
    from engine.security.keysets import KeySet, reader
    from engine.security.tokens import Tokens

    keys = KeySet(reader(settings.keys))
    return keys, Tokens(settings, keys, identities)


def _check_keys(path: Path) -> None:
    """A file that is wrong at the start is the operator's to mend; later, the keys from before would stay."""
    from engine.security.keysets import keys_of

    try:
        keys_of(path.read_bytes())
    except Exception as error:  # whatever is odd about the file: it is told, and never a traceback
        why = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        raise ConfigError(f"identity.tokens.keys: {path}: {why}; give the provider's key set") from None


def _warn(settings: Settings, directory: Path | None) -> None:
    plain = plain_secrets(settings)
    if plain:
        log.warning(
            "plain_secrets",
            where=plain[:10],
            count=len(plain),
            remedy="put password_hash or key_hash there, which `ixp users hash` makes, or use identity.file",
        )
    if directory is not None and open_to_others(directory):
        log.warning("directory_open_to_others", file=str(directory), remedy=f"chmod 600 {directory}")
