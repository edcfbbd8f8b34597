"""The directory: a file of people with their hashes, and of what has been revoked. `ixp users` writes it.

It is JSON, since a program writes it. Nobody but its owner may read it; it is replaced as a whole, so that a reader
sees the old one or the new one; and writers take turns.
"""

import contextlib
import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
import msgspec

from engine.config import ConfigError
from engine.security.hashing import check_hash
from engine.security.people import Person
from engine.security.settings import KEY_ID, KEY_ROLES, LEADING_ROLES, Role
from protocol.convert import make_strict_converter, structure
from protocol.strictjson import NotJson, parse_json
from protocol.texts import Name

VERSION: Final = 1
REVOKED_TOKENS_AT_MOST: Final = 100_000
OWNER_ALONE: Final = 0o600
OTHERS: Final = 0o077
"""The bits of a file's mode that let anybody but its owner at it."""

_FILES: Final = make_strict_converter(refuse_unknown=True)


class Unreadable(ConfigError):
    """The file cannot be had at the moment, whatever it holds: another attempt may bring it."""


@attrs.frozen(kw_only=True)
class Entry:
    """A person as the file has one."""

    id: Name
    role: Role
    hash: str | None = attrs.field(default=None, repr=False)
    name: Name | None = None
    team: tuple[Name, ...] | None = None
    revoked: str | None = None
    """When, for people to read."""

    def person(self) -> Person:
        return Person(
            id=self.id,
            role=self.role,
            hash=self.hash,
            name=self.name,
            team=self.team,
            revoked=self.revoked is not None,
        )


@attrs.frozen(kw_only=True)
class RevokedToken:
    jti: str
    at: str


@attrs.frozen(kw_only=True)
class Directory:
    version: int = VERSION
    people: tuple[Entry, ...] = ()
    revoked_tokens: tuple[RevokedToken, ...] = ()

    def find(self, id_: str) -> Entry | None:
        return next((each for each in self.people if each.id == id_), None)

    def with_entry(self, entry: Entry) -> "Directory":
        """With this one, in place of another with the same id."""
        others = self.without(entry.id).people
        return attrs.evolve(self, people=tuple(sorted([*others, entry], key=lambda each: each.id)))

    def without(self, id_: str) -> "Directory":
        return attrs.evolve(self, people=tuple(each for each in self.people if each.id != id_))


def read_directory(path: Path) -> Directory:
    """Raises ConfigError with file, key and remedy, Unreadable where the file is not to be had."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise Unreadable(f"{path}: is not there; make it with `ixp users add`") from None
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read ({error.strerror}); let the server's user own it") from None
    try:
        directory = _structured(text)
    except NotJson as error:
        raise ConfigError(f"{path}: {error}; mend it, or take the file back from a backup") from None
    except ValueError as error:
        where, _, what = str(error).partition(": ")
        raise ConfigError(f"{path}: {where.removeprefix('.') or 'the file'}: {what}; mend it, or take it out") from None
    _check(path, directory)
    return directory


def _structured(text: bytes) -> Directory:
    return structure(parse_json(text), Directory, at="", converter=_FILES)


def _check(path: Path, directory: Directory) -> None:
    if directory.version != VERSION:
        raise ConfigError(f"{path}: version: is {directory.version}; this release reads {VERSION} alone, so update it")
    seen: set[str] = set()
    for number, each in enumerate(directory.people):
        key = f"{path}: people[{number}]"
        if each.id in seen:
            raise ConfigError(f"{key}.id: {each.id} is there twice; remove one")
        seen.add(each.id)
        if each.hash is not None:
            try:
                check_hash(each.hash)
            except ValueError as error:
                raise ConfigError(f"{key}.hash: {error}, or `ixp users passwd {each.id}`") from None
        if each.role in KEY_ROLES and not re.search(KEY_ID, each.id):
            raise ConfigError(f"{key}.id: is part of the key that is shown; use letters, digits, _ and - alone")
        if each.team is not None and each.role not in LEADING_ROLES:
            raise ConfigError(f"{key}.team: {each.role}s have none; take it out")
    if len(directory.revoked_tokens) > REVOKED_TOKENS_AT_MOST:
        raise ConfigError(
            f"{path}: revoked_tokens: has more than {REVOKED_TOKENS_AT_MOST}; take out those that have expired"
        )


def open_to_others(path: Path) -> bool:
    """May anybody but the owner read or write the file?"""
    return bool(path.stat().st_mode & OTHERS)


def write_directory(path: Path, directory: Directory) -> None:
    """Replace the file as a whole. Raises ConfigError; then the old one stands.

    It is its owner's alone; one that is there keeps owner and mode, so that a server which reads it goes on to.
    """
    _check(path, directory)
    try:
        text = msgspec.json.format(msgspec.json.encode(_FILES.unstructure(directory)), indent=1) + b"\n"
        _structured(text)  # what could not be read again, such as an empty id, is not written
    except ValueError as error:
        raise ConfigError(
            f"{path}: is left as it is, since {str(error).removeprefix('.')}; give another value"
        ) from None
    try:
        # Made with mode 0600 from the first byte on.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(text)
                file.flush()
                _keep_owner(path, file.fileno())
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        _sync_folder(path.parent)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another folder or user") from None


def _keep_owner(path: Path, number: int) -> None:
    """The open file gets owner and mode of the one at `path`; where it may not, it stays its maker's alone."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        before = path.stat()
        os.fchown(number, before.st_uid, before.st_gid)
        os.fchmod(number, stat.S_IMODE(before.st_mode))


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextlib.contextmanager
def changing(path: Path) -> Iterator[list[Directory]]:
    """Hold the file alone. The list holds what is there now; whatever stands in it at the end is written.

    Raises ConfigError.
    """
    lock = path.with_name(f".{path.name}.lock")
    try:
        number = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ALONE)
    except OSError as error:
        raise ConfigError(f"{path}: its folder cannot be written ({error.strerror}); choose another") from None
    try:
        _keep_owner(path, number)  # or the owner could change nothing any more, once root has
        fcntl.flock(number, fcntl.LOCK_EX)
        before = read_directory(path) if path.exists() else Directory()
        held = [before]
        yield held
        if held[0] != before or not path.exists():
            write_directory(path, held[0])
    finally:
        os.close(number)
