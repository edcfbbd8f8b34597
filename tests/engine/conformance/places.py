"""Servers of the demo, as places for the kit."""

from engine.conformance.drivers import SimulatorControl
from engine.conformance.options import NAMES, OF_THE_DEMO, names_of
from engine.conformance.runner import Place
from tests.blackbox.server import ServerProcess


def place_at(server: ServerProcess, *agents: int, patience_s: float) -> Place:
    """`agents`: the numbers of those that may be used; the first three where there are none."""
    named = [f"agent{n}:demo:{4000 + n}" for n in agents]
    return Place(
        url=server.agent_url,
        driver=SimulatorControl(server.http_url),
        names=names_of(named, [f"{name}={NAMES[name]}" for name in OF_THE_DEMO]),
        patience_s=patience_s,
    )
