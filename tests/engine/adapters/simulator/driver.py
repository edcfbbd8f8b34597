"""How the contract's checks drive the simulator."""

from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings, demo_settings
from protocol.platform import AddChannel, Feature
from protocol.states import ChannelType
from tests.contracts.adapter import Driver

DEMO = demo_settings()


def driver(settings: SimulatorSettings = DEMO, make: type[SimulatorAdapter] = SimulatorAdapter) -> Driver:
    """For a new switch of these settings, and adapters that `make` makes."""
    switch = Switch(settings)
    if Feature.TELEPHONY in switch.features:
        own = {agent.id: AddChannel(endpoint=agent.extension, type=ChannelType.TELEPHONY) for agent in settings.agents}
    else:
        own = {agent.id: AddChannel(endpoint=f"mail {agent.id}", type=ChannelType.EMAIL) for agent in settings.agents}
    return Driver(
        make=lambda: make(settings, switch),
        agents=own,
        unknown_agent="nobody",
        unknown_extension="9999",
        groups=tuple(group.name for group in settings.groups),
        unknown_group="Nowhere",
    )
