"""TLS on both ports: who comes by it, who does not, and a certificate that is changed while people work.

Source: specs/security.md, "TLS".
"""

import contextlib
import signal
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.blackbox.certificates import common_name, trusting, write_certificate
from tests.blackbox.client import Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.server import ServerProcess, run_serve, wait_until

PATIENCE_S: Final = 10.0
SETTINGS: Final = """
[listen]
tls_certificate = "cert.pem"
tls_key = "key.pem"

[limits]
handshake_s = 1
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    write_certificate(tmp_path, "first")
    with ServerProcess(tmp_path, SETTINGS + config(), errors=frozenset({"tls_certificate_kept"})) as server:
        yield server


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(str(parts.port))


def presented(url: str, **versions: ssl.TLSVersion) -> str:
    """The common name of the certificate that the server shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, version in versions.items():
        setattr(context, name, version)
    with (
        socket.create_connection(address(url), PATIENCE_S) as plain,
        context.wrap_socket(plain) as encrypted,
    ):
        return common_name(encrypted.getpeercert(binary_form=True) or b"")


def test_both_ports_speak_tls(server: ServerProcess, tmp_path: Path) -> None:
    assert server.agent_url.startswith("wss://127.0.0.1:")
    assert server.http_url.startswith("https://127.0.0.1:")
    context = trusting(tmp_path)
    with Desktop(server.agent_url, ssl=context) as desktop:
        session = desktop.session_of("agent1")
        assert code_of(session.do("session.start")[0]) == "success"
        again = Desktop(server.agent_url, ssl=context)
        session.resume(again)
        again.close()
    with httpx2.Client(verify=context, trust_env=False) as client:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert client.get(server.http_url + path).status_code == 200
        assert client.post(server.http_url + "/simulator/calls", content=b"x" * 100_000).status_code == 413


@pytest.mark.parametrize("port", ["agent_url", "http_url"])
def test_older_versions_are_refused_and_newer_taken(server: ServerProcess, port: str) -> None:
    url = getattr(server, port)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert presented(url, minimum_version=version, maximum_version=version) == "first"
    with pytest.warns(DeprecationWarning, match="TLSv1"), pytest.raises((ssl.SSLError, ConnectionError)):
        presented(url, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("port", ["agent_url", "http_url"])
def test_who_begins_and_goes_no_further_is_cut(server: ServerProcess, port: str) -> None:
    """Half-open handshakes do not pile up: each is over in its time, and honest clients come in meanwhile."""
    url = getattr(server, port)
    with contextlib.ExitStack() as stack:
        half_open = [stack.enter_context(socket.create_connection(address(url), PATIENCE_S)) for _ in range(20)]
        for peer in half_open:
            peer.sendall(b"\x16\x03\x01\x02\x00\x01")  # a handshake that promises 512 bytes
        assert presented(url) == "first"
        for peer in half_open:
            with contextlib.suppress(ConnectionResetError):
                while peer.recv(4096):
                    pass


@pytest.mark.parametrize("port", ["agent_url", "http_url"])
def test_what_is_no_tls_is_closed(server: ServerProcess, port: str) -> None:
    for said in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 100, b""):
        with socket.create_connection(address(getattr(server, port)), PATIENCE_S) as peer:
            peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                while answer := peer.recv(4096):
                    assert not answer.startswith(b"HTTP")
    assert presented(getattr(server, port)) == "first"


def test_a_client_that_goes_in_the_middle_of_an_answer_is_no_defect(server: ServerProcess, tmp_path: Path) -> None:
    """The fixture looks into the log at the end."""
    for _ in range(5):
        with (
            socket.create_connection(address(server.http_url), PATIENCE_S) as plain,
            trusting(tmp_path).wrap_socket(plain, server_hostname="127.0.0.1") as encrypted,
        ):
            encrypted.sendall(b"POST /simulator/calls HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n")
            encrypted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert presented(server.http_url) == "first"


def test_a_new_certificate_is_taken_up_and_nobody_is_cut(server: ServerProcess, tmp_path: Path) -> None:
    with Desktop(server.agent_url, ssl=trusting(tmp_path)) as desktop:
        session = desktop.session_of("agent1")
        write_certificate(tmp_path, "second")
        server.terminate(signal.SIGHUP)
        for url in (server.agent_url, server.http_url):
            wait_until(lambda url=url: presented(url) == "second", "the new certificate")
        assert code_of(session.do("session.start")[0]) == "success"

        (tmp_path / "cert.pem").write_text("no certificate")
        wait_until(lambda: server.log_events("tls_certificate_kept") != [], "the complaint")
        complaint = server.log_events("tls_certificate_kept")[0]
        assert "cert.pem" in complaint["why"]
        assert "mend the files" in complaint["remedy"]
        assert presented(server.agent_url) == presented(server.http_url) == "second"
        assert code_of(session.do("session.request.getdirectory")[0]) == "success"

        write_certificate(tmp_path, "third")
        wait_until(lambda: presented(server.agent_url) == "third", "the mended certificate")


def test_files_that_are_wrong_at_the_start_are_named(tmp_path: Path) -> None:
    file = tmp_path / "ixp.toml"
    file.write_text(SETTINGS + config())

    def said() -> str:
        done = run_serve("--config", str(file), "--agent-port", "0", "--http-port", "0")
        assert done.returncode == 2
        return done.stderr

    assert "listen.tls_certificate, listen.tls_key" in said()
    write_certificate(tmp_path, "first", passphrase=b"secret-word")
    assert "without a passphrase" in said()
    file.write_text(SETTINGS.replace('tls_key = "key.pem"', "") + config())
    assert "listen.tls_key: is missing" in said()
