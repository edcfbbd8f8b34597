"""When each command for interactions and conversations is open: specs/protocol.md, "Capabilities", column "legal".

The table here is the test's own reading; what is open is announced, and what is announced is true.
"""

from typing import Any

import attrs
import pytest

from protocol.commands import COMMANDS
from protocol.ids import ObjectKind
from protocol.platform import Feature, InteractionReport
from protocol.states import Ability, ChannelType, ConversationType, RecordingState
from tests.fakes.calls import alternated, answered, call, chat, conferenced, consulting, email, leg
from tests.fakes.desk import ALL_FEATURES, Desk, with_interaction
from tests.fakes.platform import FakePlatform, channel

TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
BOTH_HELD = attrs.evolve(ASKING, legs=(leg("HELD"), leg("HELD", "4002", key="b", consult=True)))
LEFT_RINGING = call("STARTED", attrs.evolve(RINGING.legs[1], type=ConversationType.PRIMARY))


def callback(state: str) -> InteractionReport:
    return attrs.evolve(call(state, at="callback-1"), type=ChannelType.CALLBACK, legs=())


DATA = {"getdata", "setdata"}
ALERTING, CONNECTED = {"answer", "release"}, {"hold", "release", "blindtransfer", "blindconference", "senddtmf"}
HELD, DIALING = {"retrieve", "release", "blindtransfer"}, {"release"}
LEADS_ON = {"consulttransfer", "consultconference"}
CHATTING = {"release", "transfer", "message.send", "typing.start", "typing.stop"}
CUSTOMERS = {"file.send", "url.push", "form.show", "screenshot.request", "signal.send"}

OPEN: dict[str, tuple[InteractionReport, set[str], tuple[set[str], ...]]] = {
    "call, ringing": (call("ALERTING"), {"accept", "reject"}, (ALERTING,)),
    "call, dialling": (call("DIALING"), set(), (DIALING,)),
    "call, talking": (TALKING, {"consult", "recording.start"}, (CONNECTED,)),
    "call, held": (call("STARTED", leg("HELD")), {"consult", "recording.start"}, (HELD,)),
    "call, recorded": (
        attrs.evolve(TALKING, recording=RecordingState.RECORDING),
        {"consult", "recording.stop", "recording.pause"},
        (CONNECTED,),
    ),
    "call, recording paused": (
        attrs.evolve(TALKING, recording=RecordingState.PAUSED),
        {"consult", "recording.stop", "recording.resume"},
        (CONNECTED,),
    ),
    "call, conference": (conferenced(ASKING), {"consult", "recording.start"}, (CONNECTED,)),
    "consult, ringing": (RINGING, {"recording.start"}, (HELD, DIALING)),
    "consult, talking": (ASKING, {"alternate", "recording.start", *LEADS_ON}, (HELD, CONNECTED)),
    "consult, held": (alternated(ASKING), {"alternate", "recording.start", *LEADS_ON}, (CONNECTED, HELD)),
    "consult, both held": (BOTH_HELD, {"recording.start", *LEADS_ON}, (HELD, HELD)),
    "consult, left alone and ringing": (LEFT_RINGING, {"recording.start"}, (DIALING,)),
    "call, wrap-up": (call("ENDED", wrapup_s=10.0), {"complete"}, ()),
    "chat, offered": (chat("ALERTING"), {"accept", "reject"}, ()),
    "chat": (chat("STARTED"), CHATTING | CUSTOMERS, ()),
    "chat with a plain customer": (chat("STARTED", abilities=frozenset()), CHATTING, ()),
    "chat with a customer who takes files": (
        chat("STARTED", abilities=frozenset({Ability.FILE})),
        {"file.send", *CHATTING},
        (),
    ),
    "chat, wrap-up": (chat("ENDED"), {"complete"}, ()),
    "email, offered": (email("ALERTING"), {"accept", "reject"}, ()),
    "email": (email("STARTED"), {"release", "transfer", "message.send", "reply"}, ()),
    "email, wrap-up": (email("ENDED"), {"complete"}, ()),
    "callback, offered": (callback("ALERTING"), {"accept", "reject"}, ()),
    "callback": (callback("STARTED"), {"release", "transfer"}, ()),
    "callback, wrap-up": (callback("ENDED"), {"complete"}, ()),
}
"""By name: the interaction, what is open to it beyond its data, and what is open to each of its legs."""

WANTS: dict[str, dict[str, Any]] = {
    "setdata": {"interactiondata": {}},
    "consult": {"destination": "9"},
    "transfer": {"queue": "Service"},
    "message.send": {"text": "Hello"},
    "file.send": {"file": {"name": "a", "url": "https://example.com/a"}},
    "url.push": {"url": "https://example.com/"},
    "form.show": {"form": {"id": "address"}},
    "signal.send": {"signal": {"name": "offer"}},
    "reply": {"text": "Dear Carol"},
    "blindtransfer": {"destination": "9"},
    "blindconference": {"destination": "9"},
    "senddtmf": {"digits": "1"},
}
"""The data that a command cannot do without."""

IN_THE_WAY = {
    ("blindtransfer", "consult"): "CONSULT_EXISTS",
    ("blindconference", "consult"): "CONSULT_EXISTS",
    ("retrieve", "consult, talking"): "CONSULT_EXISTS",
    ("retrieve", "consult, held"): "CONSULT_EXISTS",
}
"""By verb and how the situation's name begins: what is open, and yet fails because of another leg."""


def verbs(kind: ObjectKind) -> list[str]:
    return [row.name.partition(".")[2] for row in COMMANDS.values() if row.kind is kind]


def holds_already(verb: str, it: InteractionReport) -> bool:
    """Closed, and it succeeds all the same."""
    wanted = {"recording.start": RecordingState.RECORDING, "recording.stop": RecordingState.STOPPED}.get(verb)
    return it.recording is wanted and it.type is ChannelType.TELEPHONY and it.state == "STARTED"


def expected_code(verb: str, name: str, *, is_open: bool) -> str:
    it = OPEN[name][0]
    if verb in CUSTOMERS and Ability(verb.split(".")[0]) not in it.abilities:
        return "UNSUPPORTED"
    if not is_open:
        return "success" if holds_already(verb, it) else "INVALID_STATE"
    for (hindered, situation), code in IN_THE_WAY.items():
        if verb == hindered and name.startswith(situation) and len(it.legs) > 1:
            return code
    return "success"


def code_of(messages: list[dict[str, Any]]) -> str:
    return str(messages[0].get("failure", {}).get("code", messages[0]["result"]))


@pytest.mark.parametrize("name", OPEN)
def test_what_is_open_is_announced(name: str) -> None:
    it, verbs_of_it, verbs_of_legs = OPEN[name]
    known = with_interaction(it).client.objects
    assert known["s1.c1.i1"].capabilities == {f"interaction.{verb}" for verb in verbs_of_it | DATA}
    assert len(it.legs) == len(verbs_of_legs)
    for n, expected in enumerate(verbs_of_legs, 1):
        assert known[f"s1.c1.i1.v{n}"].capabilities == {f"conversation.{verb}" for verb in expected}


@pytest.mark.parametrize("name", OPEN)
def test_what_is_closed_to_an_interaction_fails_with_invalid_state_and_what_is_open_never_does(name: str) -> None:
    it, is_open, _ = OPEN[name]
    codes = {
        verb: code_of(with_interaction(it).ask(f"interaction.{verb}", ".c1.i1", WANTS.get(verb, {})))
        for verb in verbs(ObjectKind.INTERACTION)
    }
    assert codes == {verb: expected_code(verb, name, is_open=verb in is_open | DATA) for verb in codes}


@pytest.mark.parametrize("name", [name for name, row in OPEN.items() if row[2]])
def test_what_is_closed_to_a_leg_fails_with_invalid_state_and_what_is_open_never_does(name: str) -> None:
    it, _, legs = OPEN[name]
    for n, is_open in enumerate(legs, 1):
        codes = {
            verb: code_of(with_interaction(it).ask(f"conversation.{verb}", f".c1.i1.v{n}", WANTS.get(verb, {})))
            for verb in verbs(ObjectKind.CONVERSATION)
        }
        assert codes == {verb: expected_code(verb, name, is_open=verb in is_open) for verb in codes}


def test_every_command_is_open_in_some_situation() -> None:
    assert {verb for _, found, _ in OPEN.values() for verb in found} | DATA == set(verbs(ObjectKind.INTERACTION))
    assert {verb for _, _, legs in OPEN.values() for found in legs for verb in found} == set(
        verbs(ObjectKind.CONVERSATION)
    )


FEATURES: dict[str, str] = {
    "interaction.reject": "reject",
    "interaction.setdata": "interactiondata",
    "interaction.consult": "consult",
    "interaction.alternate": "consult",
    "interaction.consulttransfer": "consult",
    "interaction.consultconference": "conference",
    "interaction.recording.start": "recording",
    "interaction.recording.stop": "recording",
    "interaction.recording.pause": "recording",
    "interaction.recording.resume": "recording",
    "interaction.transfer": "mediatransfer",
    "conversation.hold": "hold",
    "conversation.retrieve": "hold",
    "conversation.blindtransfer": "blindtransfer",
    "conversation.blindconference": "conference",
    "conversation.senddtmf": "dtmf",
}
"""What the platform must have for each command that not every platform can do."""


def test_no_other_command_needs_a_feature() -> None:
    contacts = (ObjectKind.INTERACTION, ObjectKind.CONVERSATION)
    needed = {row.name: row.feature for row in COMMANDS.values() if row.kind in contacts and row.feature}
    assert needed == FEATURES


@pytest.mark.parametrize("command", FEATURES)
def test_what_the_platform_lacks_is_never_open_and_unsupported(command: str) -> None:
    kind, _, verb = command.partition(".")
    lacking = Feature(FEATURES[command])
    for it, of_interaction, of_legs in OPEN.values():
        is_open = [of_interaction | DATA] if kind == "interaction" else of_legs
        for n, found in enumerate(is_open, 1):
            if verb not in found:
                continue
            target = ".c1.i1" if kind == "interaction" else f".c1.i1.v{n}"
            fake = FakePlatform().with_channels(channel(it.endpoint, "READY")).with_interactions(it)
            desk = Desk(fake, features=ALL_FEATURES - {lacking}).started()
            assert not desk.client.may(f"s1{target}", command)
            assert code_of(desk.ask(command, target, WANTS.get(verb, {}))) == "UNSUPPORTED"
