"""A server that is told to sends its traces to a collector; one without a collector works and stops all the same."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import attrs
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.blackbox.client import Desktop
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve

SETTINGS = "[observe]\ntraces = true\n"


@attrs.define
class Collector:
    """What was sent: the names of the services and of the spans."""

    url: str
    services: set[str] = attrs.field(factory=set)
    spans: set[str] = attrs.field(factory=set)


@pytest.fixture
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {each.key: each.value.string_value for each in resource.resource.attributes}
                found.services.add(named["service.name"])
                found.spans |= {span.name for scope in resource.scope_spans for span in scope.spans}
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Collector(f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def work(url: str) -> None:
    with Desktop(url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.do("session.logout")


@pytest.mark.parametrize("name", [None, "call-centre"])
def test_spans_go_where_the_environment_says(
    serve: Serve, collector: Collector, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    if name is not None:
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
    server = serve(SETTINGS + config())
    work(server.agent_url)
    server.stop()
    assert collector.services == {name or "interaction-processor"}
    assert collector.spans >= {"prepareSession", "bindSession", "session.start", "call StartAgent", "journal", "send"}


def test_without_the_setting_nothing_is_sent(
    serve: Serve, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    server = serve(config())
    work(server.agent_url)
    server.stop()
    assert collector.spans == set()


def test_a_collector_that_is_not_there_holds_nothing_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    server = serve(SETTINGS + config())
    work(server.agent_url)
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 10
    assert server.log_events("stopped")
