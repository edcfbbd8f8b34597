"""What the client knows of its session, from the messages alone: objects, their states, what is open to them.

Written by the thread that receives and read by the one that types, so nothing is changed in place: every message
that changes something puts a new mapping in the place of the old one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from engine.talk.words import describe_state
from protocol.commands import find_command
from protocol.events import StateInfo, Switch
from protocol.ids import ObjectKind
from protocol.results import BindOutcome
from protocol.states import ConversationState, InteractionState, SessionState
from protocol.strictjson import Json

JsonObject = dict[str, Json]
People = Mapping[str, Mapping[str, Json]]
"""Members of a call or parties of a chat, by id."""

WHOLE: Final = ("created", "initialized", "infochanged")
"""The events by which an object can come to be known."""

SESSION_LABEL: Final = "session"
QUEUE_KEY: Final = "queue"
"""The key of the attached data that holds the name of the queue, where the platform puts it there."""

_KINDS: Final = frozenset(ObjectKind)
_LABELS: Final = {ObjectKind.CHANNEL: "endpoint", ObjectKind.CHANNELGROUP: "name"}
_STATE_FIELDS: Final = tuple(field.name for field in attrs.fields(StateInfo))
_BEGINNINGS: Final = (InteractionState.ALERTING, InteractionState.DIALING)
"""The states that something is in from its very beginning; any other, it may have been in for long."""


@attrs.frozen(kw_only=True)
class Known:
    """One object. `info` is as the last event that carried it whole showed it, `state` its state fields by now."""

    kind: ObjectKind
    target: str
    info: Mapping[str, Json] = attrs.field(factory=dict)
    state: Mapping[str, Json] = attrs.field(factory=dict)
    capabilities: frozenset[str] = frozenset()
    data: Mapping[str, Json] = attrs.field(factory=dict)
    """The attached data of an interaction."""
    people: People = attrs.field(factory=dict)
    """Who is at the far end of a conversation; who takes part in an interaction."""
    entered: Mapping[str, float] = attrs.field(factory=dict)
    """When an interaction or a conversation came into each state, by the client's clock; only what was witnessed."""

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
        return describe_state(self.state)

    def lies_below(self, target: str) -> bool:
        return self.target.startswith(f"{target}.")

    def took(self, state: str, until: str) -> float | None:
        """How long it was in `state` before it came into `until`, in seconds; None where that was not witnessed."""
        if state not in self.entered or until not in self.entered:
            return None
        return self.entered[until] - self.entered[state]

    def seen(self, now: float, **changes: Any) -> "Known":
        """This object with something else of it known; a new state is noted with the time."""
        known = attrs.evolve(self, **changes)
        before, state = self.state.get("state"), known.state.get("state")
        if state == before or (before is None and state not in _BEGINNINGS):
            return known
        return attrs.evolve(known, entered={**self.entered, str(state): now})


class View:
    """The session as it stands. `take` each message in the order of arrival."""

    def __init__(self) -> None:
        self.session = ""
        self.prepared = ""
        """A session that was prepared and is not bound yet: what bindSession means."""
        self.objects: Mapping[str, Known] = {}
        """By target, in the order of their making; the session itself comes first."""
        self.codes: Mapping[str, Mapping[str, str]] = {}
        """By the event that listed them: the names of reasons or dispositions by code."""
        self.directory: tuple[Mapping[str, Json], ...] = ()
        self._labels: dict[str, str] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        """These two of all objects that ever were: events may still be about one that is gone."""

    def begin(self, session: str) -> None:
        """Another session, not started yet: nothing is known of it but that it can be started."""
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

    # Asking

    @property
    def is_over(self) -> bool:
        """Has the session that was bound ended for good?"""
        root = self.objects.get(self.session)
        return root is not None and root.state.get("state") == SessionState.DISPOSED

    def of_kind(self, kind: ObjectKind) -> list[Known]:
        return [known for known in self.objects.values() if known.kind is kind]

    def below(self, target: str, kind: ObjectKind) -> list[Known]:
        """The objects of a kind that belong to the one at `target`, in the order of their making."""
        return [known for known in self.of_kind(kind) if known.lies_below(target)]

    def is_open(self, command: str) -> bool:
        """Is the command open to any object now?"""
        return any(command in known.capabilities for known in self.objects.values())

    def in_focus(self, known: Known) -> bool:
        """Is it the conversation that the agent talks in, or the interaction with one that is connected?"""
        match known.kind:
            case ObjectKind.CONVERSATION:
                owner = self.objects.get(known.parent)
                return owner is not None and owner.info.get("focus") == known.id
            case ObjectKind.INTERACTION:
                legs = self.below(known.target, ObjectKind.CONVERSATION)
                return any(leg.state.get("state") == ConversationState.CONNECTED for leg in legs)
            case _:
                return False

    def label(self, target: str) -> str:
        """What to call the object at a target; the path within the session where nothing was ever known."""
        return self._labels.get(target, target.removeprefix(f"{self.session}."))

    def names(self, target: str) -> tuple[str, ...]:
        """What else it goes by: the numbers and names of its people, its queue, the contact."""
        return self._names.get(target, ())

    def is_called(self, target: str, name: str) -> bool:
        """Is `name` the path, the id, the label or another name of the object at a target?"""
        return name in (target, target.rpartition(".")[2], self._labels.get(target), *self.names(target))

    # Learning

    def take(self, message: JsonObject, now: float) -> None:
        """Learn from one message. What tells of another session, or of nothing that is kept, changes nothing.

        `now` is the time by any clock, in seconds.
        """
        target = message.get("target")
        if not isinstance(target, str) or not self.session or target.partition(".")[0] != self.session:
            return
        match message:
            case {"command": str(name), "result": "success"}:
                command = find_command(name)
                self._succeeded(command.name if command else name, message.get("data"))
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
                self._state_updated(self.objects[target], changes, state, now)
            case {"name": str(name), "data": dict(data)}:
                self._happened(name, target, data, now)

    def _succeeded(self, command: str, data: Json) -> None:
        match command, data:
            case "bindSession", {"outcome": outcome} if outcome != BindOutcome.RESUMED:
                self.begin(self.session)
            case "session.logout", _:
                self._over()
            case "session.request.getdirectory", {"entries": list(entries)}:
                self.directory = tuple(entry for entry in entries if isinstance(entry, dict))

    def _happened(self, name: str, target: str, data: JsonObject, now: float) -> None:
        kind, _, verb = name.partition(".")
        known = self.objects.get(target)
        if known is None and verb in WHOLE and kind in _KINDS:
            known = Known(kind=ObjectKind(kind), target=target)
        match verb, data:
            case "disposed", _:
                self._disposed(target)
            case _, {"reasons": list(codes)} | {"dispositions": list(codes)}:
                listed = {str(each["code"]): str(each.get("name", "")) for each in codes if _has(each, "code")}
                self.codes = {**self.codes, name: listed}
            case (("member.added" | "member.removed"), {"member": {"id": str(key)} as member}) if known:
                others = {each: who for each, who in known.people.items() if each != key}
                self._put(known.seen(now, people={**others, key: member} if verb == "member.added" else others))
            case _, _ if known and isinstance(info := data.get(kind), dict):
                self._put(_shown(known, info, data, now))
            case _ if known and target in self.objects:
                self._put(attrs.evolve(known, people={**known.people, **_parties(data)}, data=_data(data, known)))

    def _disposed(self, target: str) -> None:
        gone = self.objects.get(target)
        self.objects = {
            path: each for path, each in self.objects.items() if path != target and not each.lies_below(target)
        }
        if gone is not None and gone.kind is ObjectKind.CONVERSATION:
            self._recall_people(gone.parent)

    def _state_updated(self, known: Known, changes: list[Json], state: JsonObject, now: float) -> None:
        capabilities = set(known.capabilities)
        for change in changes:
            match change:
                case {"name": str(name), "type": Switch.ENABLE}:
                    capabilities.add(name)
                case {"name": str(name), "type": Switch.DISABLE}:
                    capabilities.discard(name)
        self._put(known.seen(now, state=state, capabilities=frozenset(capabilities)))

    def _over(self) -> None:
        root = self.objects[self.session]
        self.objects = {}
        self._put(attrs.evolve(root, state={"state": SessionState.DISPOSED}, capabilities=frozenset()))

    def _put(self, known: Known) -> None:
        self._labels[known.target] = known.label
        self.objects = {**self.objects, known.target: known}
        self._remember(known.target, _names(known))
        if known.kind is ObjectKind.CONVERSATION:
            self._recall_people(known.parent)

    def _recall_people(self, target: str) -> None:
        """Who takes part in a call is known of its legs; when all have ended, the last ones stay known."""
        owner = self.objects.get(target)
        legs = self.below(target, ObjectKind.CONVERSATION)
        people = {key: who for leg in legs for key, who in leg.people.items()}
        if owner is not None and people and people != owner.people:
            self._put(attrs.evolve(owner, people=people))

    def _remember(self, target: str, names: Iterable[str]) -> None:
        self._names[target] = tuple(dict.fromkeys((*self._names.get(target, ()), *names)))


def _shown(known: Known, info: JsonObject, data: JsonObject, now: float) -> Known:
    """As an event shows it that carries its object whole."""
    members = info.get("members")
    people = _by_id(members) if isinstance(members, list) else {**known.people, **_parties(data)}
    # A group has its state in state.updated alone.
    state = {key: info[key] for key in _STATE_FIELDS if key in info} or known.state
    return known.seen(now, info=info, state=state, people=people, data=_data(data, known))


def _names(known: Known) -> list[str]:
    people = [who.get(key) for who in known.people.values() for key in ("address", "name")]
    return [name for name in (*people, known.data.get(QUEUE_KEY), known.info.get("contact")) if isinstance(name, str)]


def _data(data: JsonObject, known: Known) -> Mapping[str, Json]:
    attached = data.get("interactiondata")
    return attached if isinstance(attached, dict) else known.data


def _parties(data: JsonObject) -> People:
    """Those that the data of an event names: in what was said before, by a message, or by themselves."""
    transcript = data.get("transcript")
    messages = [*(transcript if isinstance(transcript, list) else ()), data.get("message")]
    named = [message.get("party") for message in messages if isinstance(message, dict)]
    return _by_id([*named, data.get("party")])


def _by_id(people: Iterable[Json]) -> People:
    return {str(who["id"]): who for who in people if _has(who, "id")}


def _has(value: Json, key: str) -> bool:
    return isinstance(value, dict) and key in value
