"""What changes while the server runs is taken up, whenever it changes and whatever stood in the way at first."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import Listen, Settings
from engine.security import guarding as module
from engine.security import keysets
from engine.security.directory import Directory, Entry, write_directory
from engine.security.guarding import Guarding, guard
from engine.security.keysets import KeysUnavailable
from engine.security.settings import IdentitySettings, Role, TokenSettings
from tests.blackbox.certificates import write_certificate
from tests.blackbox.issuer import AUDIENCE, ISSUER, Issuer, key_set

ADA = Entry(id="ada", role=Role.AGENT)
REVOKED = attrs.evolve(ADA, revoked="now")


def write(file: Path, text: str) -> None:
    file.write_text(text)


async def look(guarding: Guarding, times: int = 1) -> None:
    """Let the guard look at its files so many times."""
    with trio.CancelScope() as scope:
        left = times

        def expel() -> None:
            nonlocal left
            left -= 1
            if not left:
                scope.cancel()

        await guarding.run(expel)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "people.json"
    write_directory(file, Directory(people=(ADA,)))
    return file


@pytest.fixture
def guarding(file: Path, autojump_clock: MockClock) -> Guarding:
    return guard(Settings(identity=IdentitySettings(file=str(file))), demo=False)


def failing(real: Callable[..., Any], *failures: Exception | None) -> Callable[..., Any]:
    """`real`, but for the first calls, which fail so where it is not None."""
    left = list(failures)

    def read(*arguments: Any) -> Any:
        failure = left.pop(0) if left else None
        if failure is not None:
            raise failure
        return real(*arguments)

    return read


async def test_who_is_revoked_while_the_server_starts_is_barred(file: Path, guarding: Guarding) -> None:
    write_directory(file, Directory(people=(REVOKED,)))
    await look(guarding)
    assert guarding.identities.barred("ada")


async def test_a_directory_that_cannot_be_read_is_tried_again_and_each_reason_told_once(
    file: Path, guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_directory(file, Directory(people=(REVOKED,)))
    full, denied = OSError(errno.EMFILE, "Too many open files"), PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr(Path, "read_bytes", failing(Path.read_bytes, full, full, denied, denied))
    with capture_logs() as logs:
        await look(guarding, 4)
        assert not guarding.identities.barred("ada")
        await look(guarding, 3)
    assert guarding.identities.barred("ada")
    assert [(log["event"], log.get("why", "").partition(";")[0]) for log in logs] == [
        ("directory_kept", f"{file}: cannot be read (Too many open files)"),
        ("directory_kept", f"{file}: cannot be read (Permission denied)"),
        ("directory_taken_up", ""),
    ]


async def test_a_directory_that_is_wrong_is_not_read_again_until_it_changes(
    file: Path, guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    real = module.read_directory

    def counted(path: Path) -> Directory:
        reads.append(path)
        return real(path)

    monkeypatch.setattr(module, "read_directory", counted)
    write(file, "{")
    with capture_logs() as logs:
        await look(guarding, 3)
    assert [log["event"] for log in logs] == ["directory_kept"]
    write_directory(file, Directory(people=(REVOKED,)))
    await look(guarding, 3)
    assert len(reads) == 2
    assert guarding.identities.barred("ada")


async def test_a_certificate_that_cannot_be_read_is_tried_again_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    write_certificate(tmp_path, "first")
    listen = Listen(tls_certificate=str(tmp_path / "cert.pem"), tls_key=str(tmp_path / "key.pem"))
    guarding = guard(Settings(listen=listen), demo=True)
    certificates = guarding.certificates
    assert certificates is not None
    before = certificates.context
    write_certificate(tmp_path, "second")
    full = module.ConfigError("no descriptors")
    monkeypatch.setattr(certificates, "_load", failing(certificates._load, full, full))
    with capture_logs() as logs:
        await look(guarding, 2)
        assert certificates.context is before
        await look(guarding, 2)
    assert certificates.context is not before
    assert [log["event"] for log in logs] == ["tls_certificate_kept", "tls_certificate_taken_up"]


async def test_keys_that_cannot_be_read_are_tried_again_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    first, second = Issuer("first"), Issuer("second")
    file = tmp_path / "keys.json"
    write(file, key_set(first))
    tokens = TokenSettings(keys=str(file), issuer=ISSUER, audience=AUDIENCE)
    guarding = guard(Settings(identity=IdentitySettings(tokens=tokens)), demo=True)
    await look(guarding)
    write(file, key_set(first, second))
    full = KeysUnavailable("no descriptors")
    # The first is the reading at the beginning of the task, which is told for itself.
    monkeypatch.setattr(keysets, "_read_file", failing(keysets._read_file, full, full, full))
    with capture_logs() as logs:
        await look(guarding, 4)
    assert [log["event"] for log in logs] == ["token_keys_unavailable"] * 2
    assert await guarding.door.bearer(second.token("ada"), "192.0.2.1") is not None
