"""What the client knows of its session, from the messages alone: objects, their states, what is open to them.

Written by the thread that receives and read by the one that types, so nothing is changed in place: every message
that changes something puts a new mapping in the place of the old one.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from protocol.events import Switch
from protocol.ids import ObjectKind
from protocol.results import BindOutcome
from protocol.states import SessionState
from protocol.strictjson import Json

JsonObject = dict[str, Json]

WHOLE: Final = ("created", "initialized", "infochanged")
"""The events that carry their object whole."""

SESSION_LABEL: Final = "session"
_KINDS: Final = frozenset(ObjectKind)
_LABELS: Final = {ObjectKind.CHANNEL: "endpoint", ObjectKind.CHANNELGROUP: "name"}


@attrs.frozen(kw_only=True)
class Known:
    """One object. `info` is as the last event showed it, `state` as the last state.updated did."""

    kind: ObjectKind
    target: str
    info: Mapping[str, Json] = attrs.field(factory=dict)
    state: Mapping[str, Json] = attrs.field(factory=dict)
    capabilities: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        return self.target.rpartition(".")[2]

    @property
    def parent(self) -> str:
        return self.target.rpartition(".")[0]

    @property
    def label(self) -> str:
        """What people call it: a channel's endpoint, a group's name, else its id."""
        if self.kind is ObjectKind.SESSION:
            return SESSION_LABEL
        return str(self.info.get(_LABELS.get(self.kind, "id"), self.id))

    def describe_state(self) -> str:
        # Where both tell, the state.updated is the later one.
        return describe_state(self.state) or describe_state(self.info)


def describe_state(shown: Mapping[str, Json]) -> str:
    """The state fields of an object in a few words, `ACTIVE/NOTREADY (LUNCH)`; empty when it has none."""
    words = "/".join(str(shown[key]) for key in ("state", "loginstate", "agentstate") if key in shown)
    if isinstance(reason := shown.get("reason"), dict):
        words += f" ({reason.get('code')})"
    if pending := shown.get("pendingagentstate"):
        words += f", then {pending}"
    return words


class View:
    """The session as it stands. `take` each message in the order of arrival."""

    def __init__(self) -> None:
        self.session = ""
        self.objects: Mapping[str, Known] = {}
        """By target, in the order of their making; the session itself comes first."""
        self._labels: dict[str, str] = {}
        """Of all objects that ever were: events may still be about one that is gone."""

    def begin(self, session: str) -> None:
        """Another session, not bound yet: nothing is known of it but that it can be started."""
        self.session = session
        self.objects = {}
        self._put(
            Known(
                kind=ObjectKind.SESSION,
                target=session,
                state={"state": SessionState.PREPARED},
                capabilities=frozenset({"session.start"}),
            )
        )

    def of_kind(self, kind: ObjectKind) -> list[Known]:
        return [known for known in self.objects.values() if known.kind is kind]

    def is_open(self, command: str) -> bool:
        """Is the command open to any object now?"""
        return any(command in known.capabilities for known in self.objects.values())

    def label(self, target: str) -> str:
        """What to call the object at a target; the path within the session where nothing was ever known."""
        return self._labels.get(target, target.removeprefix(f"{self.session}."))

    def is_called(self, target: str, name: str) -> bool:
        """Is `name` the path, the id or the label of the object at a target?"""
        return name in (target, target.rpartition(".")[2], self._labels.get(target))

    def take(self, message: JsonObject) -> None:
        """Learn from one message. What tells of another session, or of nothing that is kept, changes nothing."""
        target = message.get("target")
        if not isinstance(target, str) or not self.session or target.partition(".")[0] != self.session:
            return
        match message:
            case {"command": "bindSession", "result": "success", "data": {"outcome": outcome}}:
                if outcome != BindOutcome.RESUMED:
                    self.begin(self.session)
            case {"command": str(command), "result": "success"}:
                if command.replace(".request.", ".") == "session.logout":
                    self._over()
            case {"name": "session.disposed"}:
                self._over()
            case {"name": "session.initialized", "data": {"session": {"capabilities": list(names)} as info}}:
                self._put(
                    attrs.evolve(
                        self.objects[self.session],
                        info=info,
                        state={"state": SessionState.INITIALIZED},
                        capabilities=frozenset(names),
                    )
                )
            case {"name": "state.updated", "data": list(changes), "state": dict(state)} if target in self.objects:
                self._state_updated(self.objects[target], changes, state)
            case {"name": str(name), "data": dict(data)}:
                self._happened(name, target, data)

    def _happened(self, name: str, target: str, data: JsonObject) -> None:
        kind, _, verb = name.partition(".")
        info = data.get(kind)
        if verb == "disposed":
            self.objects = {
                path: known for path, known in self.objects.items() if not f"{path}.".startswith(f"{target}.")
            }
        elif verb in WHOLE and kind in _KINDS and isinstance(info, dict):
            known = self.objects.get(target) or Known(kind=ObjectKind(kind), target=target)
            self._put(attrs.evolve(known, info=info))

    def _state_updated(self, known: Known, changes: list[Json], state: JsonObject) -> None:
        capabilities = set(known.capabilities)
        for change in changes:
            match change:
                case {"name": str(name), "type": Switch.ENABLE}:
                    capabilities.add(name)
                case {"name": str(name), "type": Switch.DISABLE}:
                    capabilities.discard(name)
        self._put(attrs.evolve(known, state=state, capabilities=frozenset(capabilities)))

    def _over(self) -> None:
        root = self.objects[self.session]
        self.objects = {}
        self._put(attrs.evolve(root, state={"state": SessionState.DISPOSED}, capabilities=frozenset()))

    def _put(self, known: Known) -> None:
        self._labels[known.target] = known.label
        self.objects = {**self.objects, known.target: known}
