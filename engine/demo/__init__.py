"""`ixp demo`: an embedded server, two agents, a caller and a chat, as a timeline on the terminal."""

from typing import TYPE_CHECKING, Final

import attrs

from engine.adapters.simulator.settings import WrapUpTimes
from engine.config import JournalSettings, Listen, Settings
from engine.config import demo as demo_settings
from engine.terminal import complain

if TYPE_CHECKING:
    from engine.demo.stage import Serve

PAUSE_S: Final = 0.7
"""Between two steps, so that people can read along."""
WRAPUP_S: Final = 4.0
WHAT_NEXT: Final = """\
Now be an agent yourself. Run each of these in a terminal of its own:
    ixp serve
    ixp talk
    ixp simulate call 4001
In `ixp talk`, be ready at the phone before the call, and then take it:
    start
    session.addchannel channel.endpoint=4001 channel.type=Telephony
    activate
    ready
    answer
Or let `ixp talk --script call` do all that; only the call is up to you."""
"""What is printed at the end."""


def settings_of_demo() -> Settings:
    """The server without a configuration, on free ports, with a wrap-up that is short enough to watch."""
    settings = demo_settings()
    simulator = attrs.evolve(settings.simulator, wrapup_s=WrapUpTimes(telephony=WRAPUP_S))
    return attrs.evolve(
        settings,
        simulator=simulator,
        listen=Listen(agent_port=0, http_port=0),
        journal=JournalSettings(durability="memory"),
        log_level="error",
    )


def run_demo(serve: "Serve", *, fast: bool, color: bool | None) -> int:
    """Play the story on a server that `serve` runs. Returns the exit status: 1 where it did not come to its end."""
    # Loaded when needed: the command line of the server is the same one, and needs none of it.
    from rich.console import Console

    from engine.demo.stage import DemoError, Server, Stage
    from engine.demo.story import AGENTS, EPILOGUE, PROLOGUE, STORY
    from engine.observe import configure_logging
    from engine.simulation.client import ControlError
    from engine.talk.errors import TalkError
    from engine.talk.timeline import Printer

    settings = settings_of_demo()
    configure_logging(settings.log_level)
    console = Console(force_terminal=color, color_system=None if color is False else "auto", highlight=False)
    try:
        with Server(serve, settings) as addresses, Stage(addresses) as stage:
            console.print(f"A server of its own listens at {addresses.agent}; the simulator is its CTI platform.")
            timeline = Printer(console, tuple(AGENTS))
            stage.play(PROLOGUE, show=timeline.note, say=lambda _: None, pause_s=0.0)
            console.print("agent1 and agent2 have logged in over WebSocket and are ready at 4001 and 4002.\n")
            timeline.begin()
            stage.play(
                STORY,
                show=timeline.add,
                say=lambda text: console.print(f"\n{text}", style="bold"),
                pause_s=0.0 if fast else PAUSE_S,
            )
            stage.play(EPILOGUE, show=lambda _: None, say=lambda _: None, pause_s=0.0)
            console.print(f"\nDone: {stage.messages} messages, each response before its events.\n{WHAT_NEXT}")
    except (DemoError, TalkError, ControlError) as error:
        complain(str(error))
        return 1
    return 0
