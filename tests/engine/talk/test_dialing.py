"""Connecting: servers that are not there, or are no servers of sessions."""

import logging
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.sync.server import serve

from engine.simulation.client import Client as Control
from engine.simulation.client import ControlError
from engine.talk.errors import TalkError
from tests.blackbox.certificates import write_certificate
from tests.engine.talk.fake_server import FakeServer
from tests.engine.talk.talking import WAIT_S, Talk, refused


def test_an_address_that_is_no_url_is_explained() -> None:
    assert refused(lambda: Talk("127.0.0.1:8765")) == (
        "127.0.0.1:8765 is no WebSocket URL; write one like ws://127.0.0.1:8765/agent, as `ixp serve` prints it"
    )
    assert "is no WebSocket URL" in refused(lambda: Talk("ws://127.0.0.1:99999/agent"))


def test_a_server_that_is_not_there_is_explained(unused_port: int) -> None:
    said = refused(lambda: Talk(f"ws://127.0.0.1:{unused_port}/agent"))
    assert "cannot be reached (Connection refused); start `ixp serve`" in said


def test_a_server_of_another_kind_is_explained() -> None:
    with serve(lambda _: None, "127.0.0.1", 0, process_request=lambda c, _: c.respond(404, "no")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        said = refused(lambda: Talk(f"ws://127.0.0.1:{server.socket.getsockname()[1]}/agent"))
        server.shutdown()
        thread.join()
    assert "is not an agent-session server (server rejected WebSocket connection: HTTP 404: no)" in said


@pytest.mark.parametrize(
    "connect", [Talk, lambda url: Control(url.replace("wss", "https").removesuffix("/agent")).get("overview")]
)
def test_a_certificate_that_is_not_trusted_is_explained(tmp_path: Path, connect: Callable[[str], object]) -> None:
    write_certificate(tmp_path, "server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with serve(lambda _: None, "127.0.0.1", 0, ssl=context, logger=logging.getLogger("silent")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with pytest.raises((TalkError, ControlError)) as failed:
            connect(f"wss://127.0.0.1:{server.socket.getsockname()[1]}/agent")
        server.shutdown()
        thread.join()
    assert "is not trusted (self-signed certificate)" in str(failed.value)
    assert "SSL_CERT_FILE" in str(failed.value)


@pytest.mark.parametrize("odd", ["", "two words", "schlüssel", "split\r\nX-Header: more"])
def test_what_can_be_no_token_is_neither_sent_nor_told(odd: str) -> None:
    assert refused(lambda: Talk("ws://127.0.0.1:1/agent", bearer=odd)) == (
        "the token or key is empty, or has spaces or odd characters in it; give it as it was issued"
    )


def test_a_server_that_knows_no_batches_is_explained() -> None:
    with FakeServer(lambda peer: None, subprotocols=None) as server:
        said = refused(lambda: Talk(server, batched=True))
    assert said.endswith("does not speak agent-session-batch.v1; leave --batched out")


@pytest.mark.parametrize("text", ["hello", "[1]", b"\xff", '{"a":'])
def test_a_server_that_speaks_otherwise_is_explained(text: str | bytes) -> None:
    with FakeServer(lambda peer: peer.send_text(text)) as server, Talk(server) as talk:
        assert "sent what the protocol does not know" in refused(lambda: talk.client.receive(WAIT_S))
