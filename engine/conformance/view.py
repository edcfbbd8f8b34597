"""A client that believes nothing but the messages, and complains where they break a promise of the protocol.

It takes decoded JSON messages and rebuilds the world of one session from them. What it checks is named by the ids of
specs/conformance/rules.yaml.

Where the record begins in mid-session, and after a broken promise, there are **strangers**: objects of which the view
does not know how they stand. Of these it checks the order of what is told, and nothing else.
"""

from typing import Final

import attrs

from engine.conformance.blocks import Blocks
from engine.conformance.broken import Broken, demand
from engine.conformance.contacts import MOVES, Contacts, Known, Owed
from engine.conformance.forms import check_form, command_of
from engine.conformance.judge import judge
from engine.conformance.messages import JsonObject
from engine.conformance.numbers import Numbers
from engine.conformance.wording import events, within

__all__ = ("CHANNEL_STATE", "Broken", "ClientView", "JsonObject", "Known")

LIFE: Final = ("created", "initialized", "infochanged", "disposed")
CHILDREN_LISTS: Final = {"channelgroups": "channelgroup", "channels": "channel", "interactions": "interaction"}
"""The properties of an object that list ids of its children, and of what kind those are."""

CHANNEL_STATE: Final = ("loginstate", "agentstate", "reason", "pendingagentstate")
"""The properties of a channel that go with its state.updated as well."""


@attrs.define
class ClientView:
    """What a desktop knows of its session. `take` each message in the order of arrival."""

    session: str
    midway: bool = False
    """The record begins in mid-session: what is not known may be there all the same."""
    started: bool = False
    """session.start succeeded; what exists is being told."""
    initialized: bool = False
    over: bool = False
    capabilities: set[str] = attrs.field(factory=set)
    """Those of the session itself."""
    objects: dict[str, Known] = attrs.field(factory=dict)
    """By target, in the order of their making."""
    gone: set[str] = attrs.field(factory=set)
    """Targets that nothing may be told of any longer."""
    strangers: set[str] = attrs.field(factory=set)
    """Targets of which, and of what is below, it is not known how they stand."""
    numbers: Numbers = attrs.field(factory=Numbers)
    _blocks: Blocks = attrs.field(init=False)
    _ids: set[str] = attrs.field(factory=set)
    _brackets: list[str] = attrs.field(factory=list)
    """Targets that were created and are not initialized yet, outermost first."""
    _owed: Owed = attrs.field(factory=list)
    """What must come next."""
    _promised: bool = False
    """The event at hand was owed."""
    _last: JsonObject | None = None
    _answered: set[str] = attrs.field(factory=set)
    """requestids that a response had."""
    _contacts: Contacts = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._contacts = Contacts(self.objects)
        self._blocks = Blocks(self.session)
        if self.midway:
            self.started = self.initialized = True
            self.numbers.begin(None)
            self._blocks.lose()

    @property
    def seq(self) -> int:
        """The number of the last message."""
        return self.numbers.last

    # What is given to it

    def start_anew(self, seq: int) -> None:
        """The binding was a RESET at `seq`: nothing that was known holds any longer, but ids stay used."""
        self.numbers.begin(seq)
        self.started = self.initialized = self.midway = False
        self.capabilities = set()
        self.gone.update(self.objects, self.strangers)
        self.objects.clear()
        self.strangers.clear()
        self._brackets, self._owed, self._last = [], [], None
        self._blocks = Blocks(self.session)

    def resumed(self, after: int | None) -> None:
        """The binding was RESUMED by a client that had seen the message `after`; None: that is not known."""
        if after is not None and after > self.seq:
            self.lose_track()
        self.numbers.resumed(after)

    def take(self, message: JsonObject) -> None:
        """Learn from one message. Raises Broken."""
        try:
            self._take(message)
        except Broken as broken:
            raise Broken(broken.rule, f"seq {self.seq}: {broken.text}", broken.about) from None

    def check_settled(self) -> None:
        """Between two inputs nothing is owed: brackets are closed and sequences complete. Raises Broken."""
        demand(not self._owed, "O5", f"what must come next did not: {events(self._owed)}")
        demand(not self._brackets, "O5", f"{' and '.join(self._brackets)} never initialized")
        demand(not self.started or self.initialized or self.over, "O8", "session.initialized is missing")
        self._blocks.check_complete()
        if not self.over:
            self._contacts.check_settled()

    def forgive(self, message: JsonObject, broken: Broken) -> None:
        """Go on after a broken promise: what it is about is a stranger from now on.

        `message` is what broke it; empty, where that was something which did not come.
        """
        seq, target = message.get("seq"), broken.about or str(message.get("target", self.session))
        if broken.rule == "ENV-7" and isinstance(seq, int) and seq > self.seq:
            self.lose_track()
        if isinstance(seq, int):
            self.numbers.note(seq, message)
        owed = {each for _, each in self._owed} | set(self._brackets)
        self._owed, self._brackets, self._last = [], [], message or self._last
        self._blocks.lose()
        for each in {target, *owed} - {self.session}:
            self._forget(each, str(message.get("name", "")))
        if target == self.session and not broken.about:
            self._forgive_session(message)

    def _forgive_session(self, message: JsonObject) -> None:
        match message:
            case {"command": "session.start" | "session.request.start", "result": "success"}:
                self.start_anew(self.seq)
                self.started = True
                self._blocks.lose()
            case {"name": "session.disposed"} | {"command": "session.logout", "result": "success"}:
                self.over = True
            case {"name": _} | {} if not self.initialized:
                self.lose_track()

    def lose_track(self) -> None:
        """Messages are missing: nothing is known for certain of anything."""
        self.strangers.update(self.objects)
        self.objects.clear()
        self._owed, self._brackets, self.midway = [], [], True
        self._blocks.lose()
        self.started = self.initialized = True

    # What it knows

    def world(self) -> dict[str, JsonObject]:
        """All that is known, by target; of an interaction, `interactiondata` too."""
        found: dict[str, JsonObject] = {}
        for target, known in self.objects.items():
            found[target] = {"kind": known.kind, **known.info, "capabilities": frozenset(known.capabilities)}
            if known.kind == "interaction":
                found[target]["interactiondata"] = known.data
        return found

    def children(self, target: str, kind: str) -> list[str]:
        """The ids of the children of `target`, in the order of their making."""
        return [known.id for known in self._contacts.below(target, kind)]

    def may(self, target: str, command: str) -> bool:
        """Is the command announced as open to the target?"""
        if target == self.session:
            return command in self.capabilities
        return target in self.objects and command in self.objects[target].capabilities

    def kind_of(self, target: str) -> str | None:
        """What is known to be at this target."""
        if target == self.session:
            return "session"
        return self.objects[target].kind if target in self.objects else None

    def is_stranger(self, target: str) -> bool:
        """Is it not known how the object stands?"""
        if target == self.session:
            return self.midway
        if target in self.objects:
            return False
        parts = target.split(".")
        above = [".".join(parts[:length]) for length in range(2, len(parts) + 1)]
        return not self.strangers.isdisjoint(above) or (self.midway and self.gone.isdisjoint(above))

    # One message

    def _take(self, message: JsonObject) -> None:
        check_form(message)
        if message.get("name") == "session.unbound":
            return  # a notice to the connection, outside the numbering
        target = str(message.get("target", self.session))
        demand(target.split(".")[0] == self.session, "TGT-1", f"{target} is of another session")
        demand(not self.over or message.get("seq", 0) <= self.seq, "O3", "nothing comes after the end of a session")
        if not self.numbers.take(message):
            return
        if "name" in message:
            demand(target not in self.gone, "O7", f"{message['name']} for {target}, which was disposed")
            self._check_cause(message)
            self._event(message)
            self._blocks.event(message)
        else:
            self.check_settled()  # a response never comes into a block of events
            self._answered.add(str(message.get("requestid")))
            self._response(message)
            self._blocks.response(message)
        self._last = message

    # Responses

    def _response(self, message: JsonObject) -> None:
        demand(message["result"] != "confirm", "ENV-6", "a confirm within a session")
        judge(self, message)
        command = command_of(message)
        if message["result"] == "success" and command is not None:
            if command.name == "session.start":
                self.start_anew(self.seq)
                self.started = True
            self.over = command.name == "session.logout"

    # Events

    def _check_cause(self, event: JsonObject) -> None:
        """The events that a request caused follow its response, and nothing comes between."""
        if "cause" not in event or self._last is None:
            return
        cause, before = event["cause"], self._last.get("cause" if "name" in self._last else "requestid")
        if cause != before:
            demand(cause in self._answered, "O2", f"{event['name']} is caused by {cause!r}, which was not answered yet")
            raise Broken("EV-6", f"{event['name']} is caused by {cause!r}, but follows {before!r}")

    def _event(self, event: JsonObject) -> None:
        name, target = event["name"], event["target"]
        kind, _, verb = name.rpartition(".")
        if name == "session.disposed":
            self._owed, self._brackets, self.over = [], [], True
            return
        demand(self.started, "O8", f"{name} before session.start")
        self._promised = bool(self._owed)
        if self._owed:
            owed = self._owed.pop(0)
            demand((name, target) == owed, "O5", f"{name} for {target} came where {events([owed])} must come next")
        if name == "session.initialized":
            self._session_initialized(event)
        elif self._is_strange(verb, target):
            self._strange(kind, verb, target)
        elif name == "state.updated":
            self._state_updated(event)
        elif verb in LIFE:
            getattr(self, f"_{verb}")(kind, target, event["data"][kind])
        elif name.split(".")[0] in MOVES:
            known = self._known(target)
            demand(name.startswith(f"{known.kind}."), "TGT-1", f"{name} for {target}, a {known.kind}")
            new = self._brackets[-1:] == [target]
            demand(new or not self._brackets, "O5", f"{name} for {target} {within(self._brackets)}")
            self._owe(*self._contacts.event(known, name, event["data"], new=new))
        else:
            demand(self.initialized, "O8", f"{name} before session.initialized")
            demand(target == self.session or target in self.objects, "O9", f"{name} for {target}, which nobody knows")

    def _session_initialized(self, event: JsonObject) -> None:
        demand(event["target"] == self.session, "TGT-1", f"session.initialized for {event['target']}")
        demand(not self.initialized or self.midway, "O8", "session.initialized comes once")
        demand(not self._brackets, "O5", f"session.initialized {within(self._brackets)}")
        info = event["data"]["session"]
        demand(info["id"] == self.session, "EV-2", "the session has another id")
        self._check_children(self.session, info)
        self.capabilities = set(info["capabilities"])
        self.initialized = True

    def _created(self, kind: str, target: str, info: JsonObject) -> None:
        parent, _, own = target.rpartition(".")
        demand(own not in self._ids, "TGT-2", f"the id {own} was used before")
        demand(info["id"] == own, "EV-2", f"{target} says that its id is {info['id']}")
        if self._brackets:
            demand(parent == self._brackets[-1], "O5", f"{target} is created {within(self._brackets)}")
        elif kind == "interaction":
            before = self._last or {}
            pair = (before.get("name"), before.get("target")) == ("state.updated", parent)
            demand(pair, "UN-1", f"{target} is created without a pair of its channel right before it")
        demand(parent == self.session or parent in self.objects, "O5", f"{target} was created before its parent")
        self._ids.add(own)
        self.objects[target] = Known(kind, target, info)
        if kind in MOVES:
            self._contacts.created(self.objects[target])
        self._brackets.append(target)
        self._owe(("state.updated", target))

    def _initialized(self, kind: str, target: str, info: JsonObject) -> None:
        demand(self._brackets[-1:] == [target], "O5", f"{target} is initialized {within(self._brackets)}")
        self._brackets.pop()
        self._know(kind, target, info)
        self._check_children(target, info)
        demand(self._promised or kind != "interaction", "O5", f"{target} initialized before its data were told")

    def _infochanged(self, kind: str, target: str, info: JsonObject) -> None:
        demand(self.initialized, "O8", f"{target} changed before session.initialized")
        demand(not self._brackets, "O5", f"{target} changed {within(self._brackets)}")
        if kind in MOVES:
            before, now = self._known(target).info["state"], info["state"]
            demand(now == before, "EV-2", f"{target} changed, and is {now} where {before} was told")
        self._know(kind, target, info)
        if kind == "channel":
            self._owe(("state.updated", target))

    def _disposed(self, kind: str, target: str, info: JsonObject) -> None:
        self._know(kind, target, {**self._known(target).info, **info})
        orphans = [other for other in self.objects if other.startswith(f"{target}.")]
        demand(not orphans, "O5", f"{target} ended before its children {', '.join(orphans)}")
        if kind in MOVES:
            self._owe(*self._contacts.disposed(self.objects[target]))
        del self.objects[target]
        self.gone.add(target)

    def _state_updated(self, event: JsonObject) -> None:
        if event["target"] == self.session:
            demand(self.initialized and event["data"] != [], "CAP-4", "a session's commands change with the platform's")
            self._switch(event, "session", self.capabilities)
            return
        known = self._known(event["target"])
        first, known.state = known.state is None, event["state"]
        self._switch(event, known.kind, known.capabilities)
        what = f"state.updated for {known.target}"
        if known.kind == "channel":
            demand(self._promised, "O5", f"{what} without its channel.infochanged")
            shown = {key: known.info[key] for key in known.info if key in CHANNEL_STATE}
            demand(known.state == shown, "EV-5", f"{what} tells {known.state}, the channel {shown}")
        demand(self._promised or not first, "O5", f"the first {what} is not right behind its created")
        if known.kind in MOVES:
            self._owe(*self._contacts.updated(known, event["state"]))

    # Strangers

    def _is_strange(self, verb: str, target: str) -> bool:
        """An object is made known by its bracket, if what it belongs to is known."""
        if verb != "created":
            return self.is_stranger(target)
        parent = target.rpartition(".")[0]
        return parent != self.session and self.is_stranger(parent)

    def _strange(self, kind: str, verb: str, target: str) -> None:
        match kind, verb:
            case _, "created":
                self.strangers.add(target)
            case "channel", "infochanged":
                self._owe(("state.updated", target))
            case (("channelgroup" | "channel" | "interaction" | "conversation"), "disposed"):
                self.strangers.discard(target)
                self.gone.add(target)

    def _forget(self, target: str, name: str) -> None:
        """With an interaction go its conversations, and the other way round: they are told of together."""
        known = self.objects.get(target)
        if (known.kind if known else name.split(".")[0]) == "conversation":
            target = target.rpartition(".")[0]
        for each in [each for each in self.objects if f"{each}.".startswith(f"{target}.")]:
            del self.objects[each]
        if name.endswith(".disposed"):
            self.gone.add(target)
        else:
            self.strangers.add(target)

    # Helpers

    @staticmethod
    def _switch(event: JsonObject, kind: str, capabilities: set[str]) -> None:
        for change in event["data"]:
            name, wanted = change["name"], change["type"] == "enable"
            demand(wanted != (name in capabilities), "EV-4", f"{name} of {event['target']}: {change['type']} again")
            demand(name.startswith(f"{kind}."), "CAP-3", f"{name} is no capability of a {kind}")
            (capabilities.add if wanted else capabilities.discard)(name)

    def _owe(self, *events: tuple[str, str]) -> None:
        """These come next, before what is owed already."""
        self._owed[:0] = events

    def _known(self, target: str) -> Known:
        demand(target in self.objects, "O9", f"{target} is not known")
        return self.objects[target]

    def _know(self, kind: str, target: str, info: JsonObject) -> None:
        known = self._known(target)
        demand(known.kind == kind, "TGT-1", f"{target} is a {known.kind}, not a {kind}")
        demand(known.info["id"] == info["id"], "EV-2", f"{target} says that its id is {info['id']}")
        if kind in MOVES:
            self._contacts.shown(known, info)
        if kind == "channel":
            active = info.get("loginstate") == "ACTIVE"
            demand(("agentstate" in info) == active, "ST-4", f"an agent state goes with ACTIVE alone: {info}")
        known.info = info

    def _check_children(self, target: str, info: JsonObject) -> None:
        for listed, kind in CHILDREN_LISTS.items():
            if listed in info:
                named = [each for each in info[listed] if not self.is_stranger(f"{target}.{each}")]
                there = self.children(target, kind)
                demand(named == there, "EV-3", f"{target} lists {info[listed]} as {listed}, and has {there}")
