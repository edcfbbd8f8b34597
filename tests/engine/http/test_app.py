"""Health, readiness, metrics, and the one form of error reply."""

import logging
from collections.abc import AsyncIterator

import attrs
import httpx2
import pytest
import trio.testing
from prometheus_client.parser import text_string_to_metric_families
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from engine.http.app import make_app
from engine.http.guard import BODY_BYTES
from engine.observe import Metrics
from tests.engine.http.helpers import served


@attrs.define
class Health:
    reasons: list[str] = attrs.field(factory=list)

    def unready_reasons(self) -> list[str]:
        return self.reasons


async def crash(_: Request) -> Response:
    raise ZeroDivisionError("the inside")


async def teapot(_: Request) -> Response:
    raise HTTPException(418, "brew elsewhere", headers={"X-Pot": "tea"})


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


ROUTES = (
    Route("/crash", crash),
    Route("/teapot", teapot),
    Route("/echo", echo, methods=["POST"]),
    Mount("/below", routes=[Route("/x", echo)]),
)


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def client(health: Health, metrics: Metrics) -> AsyncIterator[httpx2.AsyncClient]:
    app = make_app(health, metrics, routes=ROUTES)
    async with served(app) as here, httpx2.AsyncClient(base_url=here.url) as client:
        yield client


async def test_healthz_while_the_process_lives(client: httpx2.AsyncClient, health: Health) -> None:
    health.reasons = ["the CTI platform is away"]
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_readyz_says_why_not(client: httpx2.AsyncClient, health: Health) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    health.reasons = ["the server is stopping", "the CTI platform is away"]
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "not ready", "reasons": ["the server is stopping", "the CTI platform is away"]},
    )


async def test_metrics_in_prometheus_text(client: httpx2.AsyncClient, metrics: Metrics) -> None:
    metrics.watch_sessions(lambda: 7)
    metrics.command_done("session.start", "success", 0.01)
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["ixp_sessions",] == 7
    assert found["ixp_commands_total", "session.start", "success"] == 1


async def test_metrics_in_openmetrics_on_request(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_the_index_lists_what_is_there(client: httpx2.AsyncClient) -> None:
    answer = (await client.get("/")).json()
    assert answer["service"] == "interaction-processor"
    assert answer["paths"] == ["/", "/healthz", "/readyz", "/metrics", "/crash", "/teapot", "/echo", "/below"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/nowhere"])
async def test_head_is_get_without_the_body(client: httpx2.AsyncClient, path: str) -> None:
    whole, head = await client.get(path), await client.head(path)
    assert head.content == b""
    assert head.status_code == whole.status_code
    assert head.headers["content-type"] == whole.headers["content-type"]
    if path != "/metrics":  # its numbers may have more digits by then
        assert head.headers["content-length"] == whole.headers["content-length"]


async def test_what_is_not_there(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/no/where")
    assert answer.status_code == 404
    assert answer.json() == {
        "failure": {"code": "INVALID_TARGET", "message": "there is nothing at /no/where; see GET / for what there is"}
    }


async def test_a_method_that_is_not_taken(client: httpx2.AsyncClient) -> None:
    answer = await client.delete("/healthz")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    failure = answer.json()["failure"]
    assert failure["code"] == "INVALID_REQUEST"
    assert failure["message"].startswith("/healthz does not take DELETE; use ")


async def test_what_a_route_refuses(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/teapot")
    assert (answer.status_code, answer.headers["x-pot"]) == (418, "tea")
    assert answer.json() == {"failure": {"code": "INVALID_REQUEST", "message": "brew elsewhere"}}


async def test_a_defect_is_logged_and_tells_nothing(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/crash")
    assert answer.status_code == 500
    assert answer.json() == {
        "failure": {"code": "INTERNAL_ERROR", "message": "the processor has a defect; its log says more"}
    }
    await trio.testing.wait_all_tasks_blocked()  # it is logged after the answer
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("anycorn.error", logging.ERROR)
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError
    assert (await client.get("/healthz")).status_code == 200


async def test_the_guard_stands_before_the_routes(client: httpx2.AsyncClient, metrics: Metrics) -> None:
    assert (await client.post("/echo", content=b"x" * BODY_BYTES)).content == b"x" * BODY_BYTES
    assert (await client.post("/echo", content=b"x" * (BODY_BYTES + 1))).status_code == 413
    assert b'ixp_requests_refused_total{code="INVALID_REQUEST"} 1.0' in metrics.exposition()[0]
