"""The tables of secondary events hang together, and documentation made from them tells the truth."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from protocol.events import EVENTS
from protocol.platform import InteractionReport
from protocol.states import RecordingState
from statemachines.actions import ACTIONS
from statemachines.play import play
from statemachines.sequences import COMMAND_YIELDS, SEQUENCES, Each, Emit, Happening, Step, What, When
from tests.fakes.calls import answered, call, chat, consulting, email, leg
from tests.fakes.desk import Desk, with_interaction
from tests.fakes.platform import FakePlatform, channel

GROUP = {"channelgroup": {"name": "Late", "chat": True, "email": True, "callback": True}}

TALKING = call("STARTED")
ASKING = answered(consulting(TALKING, "4002"))
RECORDED = attrs.evolve(TALKING, recording=RecordingState.RECORDING)

WANTS: dict[str, dict[str, Any]] = {
    "session.addchannel": {"channel": {"endpoint": "4009", "type": "Chat"}},
    "session.removechannel": {"channel": {"id": "c3"}},
    "session.addchannelgroup": GROUP,
    "session.removechannelgroup": {"channelgroup": {"id": "g1"}},
    "channelgroup.activate": {"channel": {"id": "c1"}},
    "channelgroup.deactivate": {"channel": {"id": "c2"}},
    "channel.dial": {"destination": "9"},
    "interaction.setdata": {"interactiondata": {}},
    "interaction.consult": {"destination": "9"},
    "interaction.transfer": {"agent": "agent2"},
    "interaction.message.send": {"text": "Hello"},
    "interaction.file.send": {"file": {"name": "a", "url": "https://example.com/a"}},
    "interaction.url.push": {"url": "https://example.com/"},
    "interaction.form.show": {"form": {"id": "address"}},
    "interaction.signal.send": {"signal": {"name": "offer"}},
    "interaction.reply": {"text": "Dear Carol"},
    "conversation.blindtransfer": {"destination": "9"},
    "conversation.blindconference": {"destination": "9"},
    "conversation.senddtmf": {"digits": "1"},
}
"""What a successful request needs for data, where it needs any."""

ENGAGED: dict[str, InteractionReport] = {
    "interaction.accept": call(),
    "interaction.reject": call(),
    "interaction.complete": call("ENDED", wrapup_s=10.0),
    "interaction.alternate": ASKING,
    "interaction.consulttransfer": ASKING,
    "interaction.consultconference": ASKING,
    "interaction.recording.stop": RECORDED,
    "interaction.recording.pause": RECORDED,
    "interaction.recording.resume": attrs.evolve(TALKING, recording=RecordingState.PAUSED),
    "interaction.release": chat("STARTED"),
    "interaction.transfer": chat("STARTED"),
    "interaction.message.send": chat("STARTED"),
    "interaction.typing.start": chat("STARTED"),
    "interaction.typing.stop": chat("STARTED"),
    "interaction.file.send": chat("STARTED"),
    "interaction.url.push": chat("STARTED"),
    "interaction.form.show": chat("STARTED"),
    "interaction.screenshot.request": chat("STARTED"),
    "interaction.signal.send": chat("STARTED"),
    "interaction.reply": email("STARTED"),
    "conversation.answer": call(),
    "conversation.retrieve": call("STARTED", leg("HELD")),
}
"""The interaction that a command succeeds at; where none is named, a call that is under way."""


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
    numbered = {row.name for row in EVENTS.values() if row.numbered}
    assert told == numbered - {"channelgroup.infochanged"}, "nothing changes a group"


def about(command: str) -> tuple[Desk, str]:
    """A desk at which the command succeeds, and its target."""
    kind = command.partition(".")[0]
    if kind in ("interaction", "conversation"):
        return with_interaction(ENGAGED.get(command, TALKING)), ".c1.i1" + (".v1" if kind == "conversation" else "")
    fake = FakePlatform().with_group("Sales", channel("4001"), channel("4002", "NOTREADY"))
    fake.with_channels(channel("4003")).with_group("Late", joined=False)
    desk = Desk(fake) if command == "session.start" else Desk(fake).started()
    target = {"session": "s1", "channelgroup": ".g1", "channel": ".g1.c2"}[kind]
    return desk, ".g1.c1" if command == "channel.activate" else target


@pytest.mark.parametrize("command", COMMAND_YIELDS)
def test_the_success_of_a_command_makes_happen_what_its_row_says(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, target = about(command)
    happened = []

    def listen(happening: Happening, *rest: Any) -> Any:
        happened.append(happening.what)
        return play(happening, *rest)

    monkeypatch.setattr("statemachines.outbox.play", listen)
    (response, *_) = desk.ask(command, target, WANTS.get(command, {}))
    assert response["result"] == "success"
    expected = COMMAND_YIELDS[command]
    assert happened == ([] if expected is None else [expected])


def test_every_action_has_a_row() -> None:
    assert set(COMMAND_YIELDS) == set(ACTIONS)
