"""What the cases need of the system, and images of disks that can be copied in the middle of a write."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.faults.process import Server

GONE_S: Final = 20.0
MOUNT: Final = 'mount -o loop "$1" "$2" && shift 2 && exec "$@"'


def need(there: bool, what: str) -> None:
    """Without it the case is skipped, but in CI, where it is to be there."""
    if there:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"this needs {what}; `.ci/run` installs it")
    pytest.skip(f"this needs {what}")


def need_program(program: str, package: str) -> None:
    need(shutil.which(program) is not None, f"{program} (Debian: {package})")


# Disks


class Disk:
    """A disk in a file. A server has it mounted for itself alone: the mount ends with the server, however that ends."""

    def __init__(self, image: Path, megabytes: int = 0) -> None:
        """With a size it is made and formatted."""
        self.image = image
        self.mountpoint = image.with_suffix(".mounted")
        self.mountpoint.mkdir(exist_ok=True)
        if megabytes:
            with image.open("wb") as file:
                file.truncate(megabytes * 1024 * 1024)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)

    def mounted(self) -> list[str]:
        """The command that runs another with the disk mounted."""
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT, "sh"]
        return [*command, str(self.image), str(self.mountpoint)]

    def give_to(self, server: Server) -> None:
        server.wrap, server.data = self.mounted(), self.mountpoint / "data"

    def seen_by(self, server: Server) -> Path:
        """The server's folder, as long as it runs."""
        return Path(f"/proc/{server.process.pid}/root") / server.data.relative_to("/")

    def cut(self, copy: Path) -> "Disk":
        """What would be on the disk if the power went now: what is still in memory only is not in the copy."""
        subprocess.run(["cp", "--sparse=always", self.image, copy], check=True)
        return Disk(copy)

    def take_out(self, folder: Path) -> Path:
        """A copy of what is on it, once nobody uses it."""
        self.wait_unused()
        subprocess.run([*self.mounted(), "cp", "-a", self.mountpoint / "data", folder], check=True)
        self.wait_unused()
        return folder

    def wait_unused(self) -> None:
        deadline = time.monotonic() + GONE_S
        while self._loops():
            assert time.monotonic() < deadline, f"{self.image} is still mounted"
            time.sleep(0.02)

    def _loops(self) -> str:
        return _output(["losetup", "--associated", str(self.image)])


def need_disks(folder: Path) -> None:
    need_program("mkfs.ext4", "e2fsprogs")
    need(_can_mount(folder), "to be root, and loop devices (Debian: mount)")


@cache
def _can_mount(folder: Path) -> bool:
    disk = Disk(folder / "probe", 8)
    mounted = subprocess.run([*disk.mounted(), "true"], capture_output=True, check=False).returncode == 0
    if mounted:
        disk.wait_unused()
    return mounted


# Failing calls


class Failures:
    """Makes calls to the system fail (libfiu) in the process that writes the server's journal."""

    def __init__(self, folder: Path) -> None:
        need_program("fiu-run", "fiu-utils")
        self._names = folder / "fiu"

    def give_to(self, server: Server) -> None:
        self._server = server
        server.wrap = ["fiu-run", "-x", "-f", str(self._names)]

    def begin(self, call: str, error: int, probability: float = 1.0, *, once: bool = False) -> None:
        """`once`: the call that fails first is the only one."""
        self._tell(f"enable_random name={call},probability={probability},failinfo={error}{',onetime' if once else ''}")

    def end(self, call: str) -> None:
        self._tell(f"disable name={call}")

    def _tell(self, command: str) -> None:
        pid = str(self._server.writer_pid)
        subprocess.run(["fiu-ctrl", "-f", self._names, "-c", command, pid], check=True, timeout=10, capture_output=True)


# The wall clock


class WallClock:
    """The wall clock as the server sees it (libfaketime); its monotonic clock is not touched."""

    def __init__(self, folder: Path) -> None:
        library = _library()
        need(library is not None, "libfaketime (Debian: libfaketime)")
        self._file = folder / "wall"
        self._library = library
        self.set("+0")

    def give_to(self, server: Server) -> None:
        settings = {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": self._file,
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        server.wrap = ["env", *(f"{name}={value}" for name, value in settings.items())]

    def set(self, what: str) -> None:
        """As libfaketime reads it: "+3600" is an hour later than it is, "2026-11-28 10:00:00" stands still."""
        new = self._file.with_suffix(".new")
        new.write_text(what + "\n", encoding="ascii")
        new.replace(self._file)


def _library() -> Path | None:
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
