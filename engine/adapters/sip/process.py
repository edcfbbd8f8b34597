"""One phone process: its configuration in a folder of its own, its life, its end by its own process id."""

import contextlib
import random
import re
import shutil
import socket
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs
import trio

from engine.adapters.sip.settings import SipSettings, sip_ports

_MODULE_FOLDERS: Final = (
    "/usr/lib/baresip/modules",
    "/usr/local/lib/baresip/modules",
    "/usr/lib64/baresip/modules",
    "/opt/homebrew/lib/baresip/modules",
)
_MODULES: Final = ("g711.so", "ausine.so", "aubridge.so")
CONTROL_HOST: Final = "127.0.0.1"
"""Whoever reaches a control connection commands the phone: it is for this machine alone."""
_PORTS: Final = range(10_000, 16_384)
_LAST_LINES: Final = 20
_LINE: Final = 20_000
_WORDS: Final = 200
_CHUNK: Final = 65_536
_ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What colours its words on a terminal."""
_END_S: Final = 2.0


@attrs.frozen(kw_only=True)
class PhonePorts:
    """Where a phone of ours listens: SIP over UDP and TCP, and its control connection."""

    sip: int
    control: int


def free_port(address: str, taken: set[int], *, for_sip: bool = False) -> int:
    """One that is free, below those that systems give to whoever asks for any; `taken` has it then, too.

    Phones that start at the same time share `taken`, for what is not listened at yet looks free. Another program may
    take the port before the phone does: then the phone does not come up.
    """
    for port in random.sample(_PORTS, len(_PORTS)):
        wanted = sip_ports(port) if for_sip else {port}
        if not wanted & taken and all(_is_free(host, each) for host in (address, CONTROL_HOST) for each in wanted):
            taken |= wanted
            return port
    raise OSError(f"no port from {_PORTS[0]} to {_PORTS[-1]} is free at {address}; free some")


def require_address(address: str) -> None:
    """Raises OSError that says what to do, unless phones can listen there."""
    try:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError as error:
        raise OSError(
            f"address {address} is none of this machine ({error.strerror}); set address to one that it has, or leave "
            "it out for 127.0.0.1"
        ) from None


def require_free(address: str, port: int) -> None:
    """Raises OSError that says what to do, unless a phone can have this port and what it takes with it."""
    for each in sorted(sip_ports(port)):
        if not _is_free(address, each):
            beside = "" if each == port else f", which the phone at {port} takes, too,"
            raise OSError(f"port {each}{beside} is taken; set another sip_port, or end what listens there")


def _is_free(address: str, port: int) -> bool:
    with (
        socket.socket(_family(address), socket.SOCK_DGRAM) as udp,
        socket.socket(_family(address), socket.SOCK_STREAM) as tcp,
    ):
        try:
            udp.bind((address, port))
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((address, port))
        except OSError:
            return False
    return True


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def find_program(settings: SipSettings) -> str:
    """Raises FileNotFoundError that says what to do."""
    found = shutil.which(settings.program)
    if found is None:
        raise FileNotFoundError(
            f"there is no program {settings.program}; install baresip (Debian: baresip-core), or set program to where "
            "it is"
        )
    return found


def find_modules(settings: SipSettings) -> Path:
    """Raises FileNotFoundError that says what to do."""
    folders = [settings.modules] if settings.modules is not None else list(_MODULE_FOLDERS)
    for folder in map(Path, folders):
        if (folder / "ctrl_tcp.so").is_file():
            return folder
    raise FileNotFoundError(
        f"there is no ctrl_tcp.so in {' or '.join(folders)}; set modules to the folder of baresip's modules"
    )


def write_config(folder: Path, settings: SipSettings, modules: Path, ports: PhonePorts, account: str) -> None:
    """The phone's folder, which holds its account and so maybe a password: for its owner alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    lines = [
        f"sip_listen {host_port(settings.address, ports.sip)}",
        # The address, not the interface's name: without it the media would be announced at another interface.
        f"net_interface {settings.address}",
        f"ctrl_tcp_listen {host_port(CONTROL_HOST, ports.control)}",
        f"module_path {modules}",
        *(f"module {name}" for name in _MODULES),
        "module_tmp account.so",
        "module_app menu.so",
        "module_app ctrl_tcp.so",
        # No sound card: a tone goes out, and what comes in is dropped.
        "audio_player aubridge,nil",
        "audio_alert aubridge,nil2",
        "audio_source ausine,440",
        "ausrc_srate 48000",
        "ausrc_channels 2",
        "call_max_calls 8",
        f"call_local_timeout {round(settings.ring_s) + 30}",
        "rtp_ports 16384-32767",
        *settings.phone_config,
    ]
    if not any(line.startswith("audio_path ") for line in settings.phone_config):
        # Without a sound device nobody hears it ring; so it finds no tones here, and has no threads that play them.
        lines.append(f"audio_path {folder}")
    (folder / "config").write_text("\n".join(lines) + "\n")
    (folder / "accounts").write_text(account + "\n")
    (folder / "contacts").write_text("")
    (folder / "accounts").chmod(0o600)


class Process:
    """A phone process that runs. Made by `start`; `end` may be called twice."""

    def __init__(self, process: trio.Process, on_line: Callable[[str], None]) -> None:
        self._process = process
        self._on_line = on_line
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self.has_said_all = trio.Event()

    @classmethod
    async def start(cls, command: list[str], folder: Path, on_line: Callable[[str], None]) -> "Process":
        process = await trio.lowlevel.open_process(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            # Its own group: a Ctrl-C at the terminal is for the processor, which ends its phones in good order.
            start_new_session=True,
        )
        return cls(process, on_line)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def last_words(self) -> str:
        """What it printed last, in one line."""
        return " / ".join(self._last)[-500:]

    async def read(self) -> None:
        """Take what it prints, until it ends."""
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - it was opened with a pipe
        rest = b""
        with contextlib.suppress(trio.ClosedResourceError):  # `end` has closed it
            while data := await stdout.receive_some(_CHUNK):
                *lines, rest = (rest + data).split(b"\n")
                rest = rest[-_LINE:]
                for line in lines:
                    self._take(line.decode("utf-8", "replace"))
        self.has_said_all.set()

    def _take(self, line: str) -> None:
        if line.strip():
            self._last.append(_ESCAPE.sub("", line).strip()[-_WORDS:])
        self._on_line(line)

    async def wait(self) -> str:
        """Until it ends; returns how."""
        code = await self._process.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def kill(self) -> None:
        """Let it end as if it had crashed; one that has ended is left alone, and so is whoever has its number now."""
        self._process.kill()

    async def end(self) -> None:
        """Ask it to end, and make it."""
        with trio.CancelScope(shield=True):
            if self._process.returncode is None:
                self._process.terminate()
                with trio.move_on_after(_END_S):
                    await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
            if self._process.stdout is not None:
                await self._process.stdout.aclose()
