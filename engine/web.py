"""What is reached over HTTP: health, metrics, and the control of the simulator, put together."""

from collections.abc import Awaitable, Callable
from functools import partial

from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.platform import Switch
from engine.config import Settings
from engine.http.app import Health, make_app
from engine.http.server import serve_http
from engine.observe import Metrics
from engine.security.guarding import Guarding
from engine.simulation.access import Access
from engine.simulation.control import control_routes
from engine.simulation.days import Days
from engine.simulation.operations import Stage


def web_server(
    settings: Settings,
    *,
    demo: bool,
    guarding: Guarding,
    switch: Switch,
    clock: Clock,
    health: Health,
    metrics: Metrics,
) -> Callable[..., Awaitable[None]]:
    """To be called with host and port, as `nursery.start` does. `demo`: whoever is on this machine needs no key."""
    access = Access(None if demo else guarding.door, guarding.audit)
    control = control_routes(Stage(switch, Days(switch, clock)), access) if settings.simulated else []
    app = make_app(
        health,
        metrics,
        routes=control,
        may_read_metrics=partial(access.check, asked="metrics") if settings.identity.metrics_for_operators else None,
    )
    certificates = guarding.certificates
    return partial(serve_http, app, tls=None if certificates is None else lambda: certificates.context)
