"""The real server with real phones, callers and desktops: each command is seen on the wire, and each event is told."""

from tests.benchmarks.sip import run
from tests.engine.adapters.sip.programs import needs


@needs("baresip", "sipp")
def test_every_command_is_on_the_wire_and_every_event_in_order() -> None:
    figures = run(agents=2, calls=10)
    assert figures.outcome.wrong == []
    assert (figures.outcome.calls, figures.outcome.commands) == (10, 32)
    assert figures.phones.memory > 0
