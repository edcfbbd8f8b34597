"""What each message of the core, and its world at rest, must be: what the model says, and what a client can follow."""

import json
import string
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import attrs

from engine.conformance.view import ClientView, JsonObject
from protocol.commands import find_command
from protocol.errors import FailureCode
from protocol.platform import Feature
from protocol.wire import encode
from statemachines.core import SessionCore
from statemachines.effects import Effect, Ignored, Send
from statemachines.settings import CoreSettings
from tests.walks.model import Model
from tests.walks.showing import as_shown, expected_state, in_no_order, shown_state, world_of
from tests.walks.telling import conversation_info, interaction_info
from tests.walks.words import Asks, Settled, Thing, Told

BEFORE_THE_STATE: Final = (FailureCode.NOT_STARTED, FailureCode.INVALID_TARGET, FailureCode.UNSUPPORTED)
"""What is checked before the capability."""

IDEMPOTENT: Final = (
    "channel.ready",
    "channelgroup.activate",
    "channelgroup.deactivate",
    "channelgroup.activateall",
    "channelgroup.deactivateall",
    "interaction.recording.start",
    "interaction.recording.stop",
)
"""They succeed though closed, where what they ask for holds already."""

ECHOED: Final = (
    "channelgroup.activateall",
    "channelgroup.deactivateall",
    "channelgroup.ready",
    "channelgroup.notready",
)
"""Their success data add to the echo of the request."""

ID_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "_-")


@attrs.define
class Checks:
    """The core, the model and a client of one session."""

    features: frozenset[Feature]
    settings: CoreSettings
    core: SessionCore
    model: Model
    client: ClientView
    seen: Counter[str] = attrs.field(factory=Counter)
    """What came of the inputs, for the walk to show that it went far."""

    # Messages

    def messages(self, effects: Iterable[Effect]) -> list[JsonObject]:
        """The messages as a client decodes them; the client follows them all."""
        found = []
        for effect in effects:
            if not isinstance(effect, Ignored):
                assert isinstance(effect, Send), effect
                message = json.loads(encode(effect.message, seq=effect.seq, context=effect.context))
                assert ("context" in message) == (self.settings.debug and "target" in message)
                self.client.take(message)
                found.append(message)
        return found

    def check_capability(
        self, request: JsonObject, play: Asks | Settled, effects: tuple[Effect, ...], *, is_open: bool
    ) -> None:
        """What is announced as open is never refused with INVALID_STATE; what is not always is, unless it holds."""
        name = canonical(request)
        code = getattr(getattr(getattr(effects[0], "message", None), "failure", None), "code", None)
        if name == "session.start" or code in BEFORE_THE_STATE:
            return
        if code == FailureCode.INVALID_STATE:
            assert not is_open, f"{name} is announced as open, and refused with INVALID_STATE"
        else:
            assert is_open or name in IDEMPOTENT, f"{name} is not announced as open, and went on: {effects[0]}, {play}"

    def check_response(self, response: JsonObject, request: JsonObject, play: Settled) -> None:
        name = canonical(request)
        self.seen[f"{name}: {response.get('failure', {}).get('code', 'success')}"] += 1
        if play.codes:
            self.check_failure(response, request, play.codes)
            culprit = {"id": play.culprit.id} if play.culprit else None
            assert response["failure"].get("channel") == culprit
            self.seen.update(["partial effects"] if play.culprit and play.events else [])
            self.seen.update(["not what was asked for, and told"] if play.events and not play.culprit else [])
            return
        assert response["result"] == "success", f"the model expects a success of {request}, not {response}"
        for field in ("command", "target", "requestid"):
            assert response.get(field) == request.get(field)
        assert "original" not in response
        assert response.get("data") == self._success_data(name, play, request)

    @staticmethod
    def _success_data(name: str, play: Settled, request: JsonObject) -> JsonObject | None:
        echo = request.get("data", {})
        if play.data is not None:
            return dict(as_shown({**echo, **play.data} if name in ECHOED else play.data))
        match name.split("."):
            case ["session", "request", _] | ["channel", "externaldispositions"]:
                return {}
            case ["session", "start" | "logout"] | ["channel" | "interaction" | "conversation", *_]:
                return None
            case _:
                return dict(echo)

    def check_failure(self, message: JsonObject, request: JsonObject, codes: frozenset[FailureCode]) -> None:
        assert message.get("result") == "failure", f"expected one of {codes} for {request}, got {message}"
        assert message["failure"]["code"] in codes, f"{message['failure']}, expected one of {codes}"
        assert ("context" in message["failure"]) == self.settings.debug
        assert message["original"] == request
        for field in ("command", "target", "requestid"):
            if field in message:
                assert message[field] == request[field]

    def check_events(self, messages: list[JsonObject], told: Told, cause: str | None) -> None:
        names, expected = [message.get("name") for message in messages], [each.name for each in told]
        assert names == expected, f"the model tells {expected}, the core {names}"
        for message, each in zip(messages, told, strict=True):
            if each.thing.target is None:
                self._learn_target(each.thing, message["target"])
        for message, each in zip(messages, told, strict=True):
            assert message["target"] == each.thing.target, f"{each.name} for {message['target']}, not {each.thing}"
            assert message.get("cause") == cause
            said = {**({} if isinstance(message["data"], list) else message["data"]), "state": message.get("state")}
            for what, value in each.shown.items():
                expected_data = in_no_order({what: as_shown(value)})
                assert in_no_order({what: said.get(what)}) == expected_data, f"{what} in {message}, not {expected_data}"
            if "channel" in said and each.name != "channel.disposed":
                assert shown_state(said["channel"]) == expected_state(each.thing)

    def _learn_target(self, thing: Thing, target: str) -> None:
        parent, _, own = target.rpartition(".")
        assert parent == thing.owner.target
        assert set(own) <= ID_CHARACTERS
        thing.target = target

    # The world at rest

    def check_worlds(self) -> None:
        self.client.check_settled()
        held = _in_no_order(world_of(self.core.session))
        initialized = self.model.state == "INITIALIZED"  # else nobody has been told, or is told anew
        known = _in_no_order(self.client.world())
        assert known == (held if initialized else {}), "a client can rebuild the world"
        assert self.core.session.state == self.model.state
        assert self.client.initialized == initialized
        assert self.client.capabilities == self.model.capabilities(self.model.session)
        assert set(held) == {thing.target for thing in self.model.things}
        for thing in self.model.things:
            info = held[str(thing.target)]
            assert info["capabilities"] == self.model.capabilities(thing) or not initialized
            expected = _expected(thing)
            assert {name: info.get(name) for name in expected} == expected


def _in_no_order(world: dict[str, JsonObject]) -> dict[str, JsonObject]:
    return {target: in_no_order(info) for target, info in world.items()}


def _expected(thing: Thing) -> JsonObject:
    """Of a thing at rest, what the model knows of it."""
    match thing.kind:
        case "interaction":
            return dict(as_shown({**interaction_info(thing), "interactiondata": thing["report"].data}))
        case "conversation":
            return dict(in_no_order(as_shown(conversation_info(thing))))
        case "channel":
            return {**{name: thing[name] for name in ("name", "endpoint", "type")}, **expected_state(thing)}
        case _:
            return {"name": thing["name"]}


def canonical(request: JsonObject) -> str:
    command = find_command(request["command"])
    assert command is not None
    return command.name


def endpoints_in(answer: Any) -> list[str]:
    """The endpoints of the channels in a platform's answer."""
    channels = [*getattr(answer, "channels", ())]
    for group in getattr(answer, "groups", ()):
        channels += group.channels
    return [channel.endpoint for channel in channels]
