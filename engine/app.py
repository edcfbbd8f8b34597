"""The composition root: the only place that knows all parts, and the order in which they start and stop."""

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import attrs
import structlog
import trio

from engine.adapters.platforms import Part, Platforms
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.platform import Switch
from engine.adapters.spi import MakeAdapter
from engine.config import SIMULATOR, ConfigError, Settings, opened
from engine.descriptors import connections_possible
from engine.journal.opening import open_journal
from engine.journal.spi import Journal
from engine.observe import NO_TRACES, Metrics, Traces
from engine.observe.loop import watch_loop
from engine.security.guarding import guard
from engine.sessions.ownership import SoleOwner
from engine.sessions.registry import Registry
from engine.transport.server import AgentServer
from protocol.endpoint import PATH

log = structlog.get_logger()


@attrs.frozen(kw_only=True)
class Addresses:
    """Where a running server can be reached."""

    agent: str
    http: str


@attrs.define
class _Health:
    platform: Platforms
    journal: Journal
    stopping: bool = False

    def unready_reasons(self) -> list[str]:
        reasons = []
        if self.stopping:
            reasons.append("the server is stopping")
        reasons += [f"the CTI platform {name} is away" for name in self.platform.away]
        if self.journal.trouble:
            reasons.append(self.journal.trouble)
        return reasons


async def run(
    settings: Settings,
    *,
    ready: Callable[[Addresses], None],
    stop: trio.Event,
    data: Path,
    demo: bool = False,
    make_adapter: MakeAdapter | None = None,
) -> None:
    """Serve until `stop` is set, then drain. `ready` is called once all connections are accepted.

    `data` is the folder of what outlives the process. `demo`: whoever is on this machine may control the simulator,
    without a key. `make_adapter` left out is the simulator's.
    Raises ConfigError when an address or the folder cannot be had, JournalBroken when the journal cannot be used.
    """
    metrics = Metrics()
    guarding = guard(settings, demo=demo)
    traces = _open_traces(settings)
    # The switch outlives the adapters that connect to it, as a real one does.
    switch = Switch(settings.simulator)
    async with open_journal(settings, data, metrics) as journal, trio.open_nursery() as nursery:
        nursery.start_soon(watch_loop, metrics)
        clock = Clock(switch)
        nursery.start_soon(clock.run)
        platform = Platforms(
            _parts(settings, make_adapter or (lambda: SimulatorAdapter(settings.simulator, switch))),
            settings.platform,
            metrics,
            on_report=lambda agent, report: registry.report(agent, report),
            on_lost=lambda: registry.platform_lost(),
            on_back=lambda: registry.platform_back(),
        )
        registry = Registry(
            nursery,
            settings=settings,
            platform=platform,
            journal=journal,
            ownership=SoleOwner(journal.first_fence),
            metrics=metrics,
            traces=traces,
        )
        await nursery.start(platform.run)
        await nursery.start(registry.revive)
        agents = AgentServer(
            registry=registry,
            identities=guarding.identities,
            limits=settings.limits,
            metrics=metrics,
            door=guarding.door,
            certificates=guarding.certificates,
            audit=guarding.audit,
            traces=traces,
            connections=connections_possible(settings.limits.connections),
        )
        nursery.start_soon(guarding.run, agents.expel)
        health = _Health(platform, journal)
        listen = settings.listen
        agent_port = await _listen(nursery, agents.serve, listen.host, listen.agent_port, "agent_port")
        http = (await trio.to_thread.run_sync(_web_server))(
            settings, demo=demo, guarding=guarding, switch=switch, clock=clock, health=health, metrics=metrics
        )
        http_port = await _listen(nursery, http, listen.host, listen.http_port, "http_port")
        certificates = guarding.certificates
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        s = "" if certificates is None else "s"
        ready(Addresses(agent=f"ws{s}://{host}:{agent_port}{PATH}", http=f"http{s}://{host}:{http_port}"))
        await stop.wait()
        log.info("draining", at_most_s=settings.limits.drain_s)
        health.stopping = True
        with trio.move_on_after(settings.limits.drain_s):
            await registry.drain()
        with trio.move_on_after(settings.limits.close_s):
            await agents.drain()
        with trio.move_on_after(settings.limits.close_s):  # a stuck disk takes no longer than the journal lets it
            await journal.flush()
        nursery.cancel_scope.cancel()
    # In a thread of its own, which is left behind when whoever collects the traces does not answer.
    with trio.move_on_after(settings.limits.close_s):
        await trio.to_thread.run_sync(traces.close, abandon_on_cancel=True)
    log.info("stopped")


def _web_server() -> Callable[..., Callable[..., Awaitable[None]]]:
    """Its libraries take a fifth of the time of a start: agents who come back are served meanwhile."""
    from engine.web import web_server

    return web_server


def _parts(settings: Settings, simulator: MakeAdapter) -> list[Part]:
    """The adapters that the file names; none named: the simulator."""
    return [
        Part(
            name=each.called,
            make=simulator if each.adapter == SIMULATOR else opened(each),
            channels=None if each.channels is None else frozenset(each.channels),
            groups=None if each.groups is None else frozenset(each.groups),
        )
        for each in settings.adapters
    ] or [Part(name=SIMULATOR, make=simulator)]


def _open_traces(settings: Settings) -> Traces:
    if not settings.observe.traces:
        return NO_TRACES
    from engine.observe import tracing

    try:
        return tracing.open_tracing()
    except tracing.TracesUnavailable as problem:
        raise ConfigError(str(problem)) from None


async def _listen(nursery: trio.Nursery, serve: Callable[..., Awaitable[None]], host: str, port: int, key: str) -> int:
    """Start one server; return its port. Raises ConfigError when the address cannot be had."""
    try:
        started: int = await nursery.start(serve, host, port)
    except socket.gaierror as error:
        raise ConfigError(
            f"listen.host: {host} is no address of this machine ({error.strerror}); give --host"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"listen.{key}: {host} port {port} cannot be had ({error.strerror}); "
            f"choose another with --{key.replace('_', '-')}, 0 for any free one"
        ) from None
    return started
