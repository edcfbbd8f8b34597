"""The tables of secondary events hang together, and documentation made from them tells the truth."""

from collections.abc import Iterator
from typing import Any

import pytest

from protocol.events import EVENTS
from statemachines import sequences
from statemachines.actions import ACTIONS
from statemachines.sequences import COMMAND_YIELDS, SEQUENCES, Each, Emit, Step, What, When, play
from tests.fakes.desk import Desk
from tests.fakes.platform import FakePlatform, channel

GROUP = {"channelgroup": {"name": "Late", "chat": True, "email": True, "callback": True}}

REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "session.start": ("s1", {}),
    "session.logout": ("s1", {}),
    "session.addchannel": ("s1", {"channel": {"endpoint": "4009", "type": "Chat"}}),
    "session.removechannel": ("s1", {"channel": {"id": "c3"}}),
    "session.addchannelgroup": ("s1", GROUP),
    "session.removechannelgroup": ("s1", {"channelgroup": {"id": "g1"}}),
    "channelgroup.activate": ("s1.g1", {"channel": {"id": "c1"}}),
    "channelgroup.deactivate": ("s1.g1", {"channel": {"id": "c2"}}),
    "channel.activate": ("s1.g1.c1", {}),
}
"""What a successful request needs beyond the usual target and no data."""


def emits(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        match step:
            case Emit(event=event):
                yield event
            case Each(steps=inner) | When(steps=inner):
                yield from emits(inner)


def test_everything_that_can_happen_has_its_sequence_of_known_events() -> None:
    assert set(SEQUENCES) == set(What)
    for steps in SEQUENCES.values():
        assert set(emits(steps)) <= set(EVENTS)


def test_every_event_that_a_session_can_tell_is_told_by_some_sequence() -> None:
    told = {event for steps in SEQUENCES.values() for event in emits(steps)}
    untold = {"channelgroup.infochanged", "session.unbound"}  # nothing changes a group; the shell tells of bindings
    assert told == {row.name for row in EVENTS.values()} - untold


@pytest.mark.parametrize("command", COMMAND_YIELDS)
def test_the_success_of_a_command_makes_happen_what_its_row_says(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakePlatform().with_group("Sales", channel("4001"), channel("4002", "NOTREADY"))
    fake.with_channels(channel("4003")).with_group("Late", joined=False)
    desk = Desk(fake) if command == "session.start" else Desk(fake).started()
    happened = []

    def listen(happening: sequences.Happening, *rest: Any) -> Any:
        happened.append(happening.what)
        return play(happening, *rest)

    monkeypatch.setattr("statemachines.core.play", listen)
    usual = {"session": "s1", "channelgroup": "s1.g1", "channel": "s1.g1.c2"}[command.split(".")[0]]
    target, data = REQUESTS.get(command, (usual, {}))
    (response, *_) = desk.ask(command, target, data)
    assert response["result"] == "success"
    expected = COMMAND_YIELDS[command]
    assert happened == ([] if expected is None else [expected])


def test_every_action_has_a_row() -> None:
    assert set(COMMAND_YIELDS) == set(ACTIONS)
