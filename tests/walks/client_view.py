"""A client that believes nothing but the messages, and complains where they break a promise of the protocol.

It takes decoded JSON messages and rebuilds the world of one session from them. What it checks is named after the
ordering rules: specs/protocol.md, "Ordering".
"""

from typing import Final

import attrs

from tests.walks.client_contacts import MOVES, Contacts, JsonObject, Known, Owed, PromiseBroken, demand

__all__ = ("CHANNEL_STATE", "ClientView", "JsonObject", "Known", "PromiseBroken")

LIFE: Final = ("created", "initialized", "infochanged", "disposed")
CHILDREN_LISTS: Final = {"channelgroups": "channelgroup", "channels": "channel", "interactions": "interaction"}
"""The properties of an object that list ids of its children, and of what kind those are."""

CHANNEL_STATE: Final = ("loginstate", "agentstate", "reason", "pendingagentstate")
"""The properties of a channel that go with its state.updated as well."""


@attrs.define
class ClientView:
    """What a desktop knows of its session. `take` each message in the order of arrival."""

    session: str
    seq: int = 0
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
    _ids: set[str] = attrs.field(factory=set)
    _history: dict[int, JsonObject] = attrs.field(factory=dict)
    _brackets: list[str] = attrs.field(factory=list)
    """Targets that were created and are not initialized yet, outermost first."""
    _owed: Owed = attrs.field(factory=list)
    """What must come next."""
    _promised: bool = False
    """The event at hand was owed."""
    _last: JsonObject | None = None
    _contacts: Contacts = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._contacts = Contacts(self.objects)

    def start_anew(self, seq: int) -> None:
        """The binding was a RESET at `seq`: nothing that was known holds any longer, but ids stay used."""
        self.seq = seq
        self.started = self.initialized = False
        self.capabilities = set()
        self.gone.update(self.objects)
        self.objects.clear()
        self._brackets, self._owed = [], []

    def take(self, message: JsonObject) -> None:
        """Learn from one message. Raises PromiseBroken."""
        try:
            self._take(message)
        except PromiseBroken as broken:
            raise PromiseBroken(f"seq {self.seq}: {broken}") from None

    def _take(self, message: JsonObject) -> None:
        if message.get("name") == "session.unbound":
            return  # a notice to the connection, outside the numbering
        seq = message.get("seq")
        if isinstance(seq, int) and seq in self._history:
            demand(message == self._history[seq], f"message {seq} came again, and differs")
            return
        demand(not self.over, "nothing comes after the end of a session")
        demand(seq == self.seq + 1, f"seq {seq} came after {self.seq}")
        self.seq += 1
        self._history[self.seq] = message
        demand(str(message.get("target", self.session)).split(".")[0] == self.session, "another session's target")
        if "name" in message:
            demand("result" not in message, "an event has no result")
            self._check_block(message)
            self._event(message)
        else:
            self.check_settled()  # a response never comes into a block of events
            self._response(message)
        self._last = message

    def check_settled(self) -> None:
        """Between two inputs nothing is owed: brackets are closed and pairs complete. Raises PromiseBroken."""
        demand(not self._owed, f"{self._owed} are missing")
        demand(not self._brackets, f"{self._brackets} were never initialized")
        demand(not self.started or self.initialized or self.over, "session.initialized is missing")
        if not self.over:
            self._contacts.check_settled()

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

    # Responses

    def _response(self, message: JsonObject) -> None:
        result, command = message.get("result"), message.get("command")
        demand(result in ("success", "failure"), f"a response with result {result!r}")
        if result == "failure":
            demand(message["failure"]["code"] and message["failure"]["message"], "a failure says what and why")
            demand("original" in message, "a failure holds the request")
            return
        demand(command is not None and "target" in message, "a success names command and target")
        verb = str(command).replace(".request.", ".")
        if verb == "session.start":
            demand(not self.started, "the session was started twice")
            self.started = True
        else:
            demand(self.initialized, f"{command} succeeded before session.initialized")
        self.over = verb == "session.logout"

    # Events

    def _check_block(self, event: JsonObject) -> None:
        """O1, O2: the events that a request caused follow its response, and nothing comes between."""
        if "cause" in event:
            last = self._last or {}
            before = last.get("cause") if "name" in last else last.get("requestid")
            demand(event["cause"] == before, f"caused by {event['cause']!r}, but follows {before!r}")

    def _event(self, event: JsonObject) -> None:
        name, target = event["name"], event["target"]
        kind, _, verb = name.rpartition(".")
        if name == "session.disposed":
            self._owed, self._brackets, self.over = [], [], True
            return
        demand(target not in self.gone, f"{name} for {target}, which was disposed")
        demand(self.started, f"{name} before session.start")
        self._promised = bool(self._owed)
        if self._owed:
            owed = self._owed.pop(0)
            demand((name, target) == owed, f"{name} for {target} where {owed} was owed")
        if name == "state.updated":
            self._state_updated(event)
        elif name == "session.initialized":
            self._session_initialized(event)
        elif verb in LIFE:
            demand(kind in event["data"], f"{name} without its {kind}")
            getattr(self, f"_{verb}")(kind, target, event["data"][kind])
        elif name.split(".")[0] in MOVES:
            known = self._known(target)
            demand(name.startswith(f"{known.kind}."), f"{name} for {target}, a {known.kind}")
            new = self._brackets[-1:] == [target]
            demand(new or not self._brackets, f"{name} for {target} within {self._brackets}")
            self._owe(*self._contacts.event(known, name, event["data"], new=new))
        else:
            demand(self.initialized, f"{name} before session.initialized")
            demand(target == self.session or target in self.objects, f"{name} for {target}, which nobody knows")

    def _session_initialized(self, event: JsonObject) -> None:
        demand(event["target"] == self.session and not self.initialized, "session.initialized comes once")
        demand(not self._brackets, f"session.initialized before {self._brackets}")
        info = event["data"]["session"]
        demand(info["id"] == self.session, "the session has another id")
        self._check_children(self.session, info)
        self.capabilities = set(info["capabilities"])
        self.initialized = True

    def _created(self, kind: str, target: str, info: JsonObject) -> None:
        parent, _, own = target.rpartition(".")
        demand(own not in self._ids, f"the id {own} was used before")
        demand(info["id"] == own, f"{target} says that its id is {info['id']}")
        if self._brackets:
            demand(parent == self._brackets[-1], f"{target} within the bracket of {self._brackets[-1]}")
        elif kind == "interaction":
            before = self._last or {}
            pair = (before.get("name"), before.get("target")) == ("state.updated", parent)
            demand(pair, f"{target} is created without a pair of its channel")
        demand(parent == self.session or parent in self.objects, f"{target} was created before its parent")
        self._ids.add(own)
        self.objects[target] = Known(kind, target, info)
        if kind in MOVES:
            self._contacts.created(self.objects[target])
        self._brackets.append(target)
        self._owe(("state.updated", target))

    def _initialized(self, kind: str, target: str, info: JsonObject) -> None:
        demand(self._brackets[-1:] == [target], f"{target} initialized within {self._brackets}")
        self._brackets.pop()
        self._know(kind, target, info)
        self._check_children(target, info)
        demand(self._promised or kind != "interaction", f"{target} initialized before its data were told")

    def _infochanged(self, kind: str, target: str, info: JsonObject) -> None:
        demand(self.initialized, f"{target} changed before session.initialized")
        demand(not self._brackets, f"{target} changed within {self._brackets}")
        if kind in MOVES:
            before = self._known(target).info["state"]
            demand(info["state"] == before, f"{target} changed, and is {info['state']} where {before} was told")
        self._know(kind, target, info)
        if kind == "channel":
            self._owe(("state.updated", target))

    def _disposed(self, kind: str, target: str, info: JsonObject) -> None:
        self._know(kind, target, {**self._known(target).info, **info})
        orphans = [other for other in self.objects if other.startswith(f"{target}.")]
        demand(not orphans, f"{target} ended before its children {orphans}")
        if kind in MOVES:
            self._owe(*self._contacts.disposed(self.objects[target]))
        del self.objects[target]
        self.gone.add(target)

    def _state_updated(self, event: JsonObject) -> None:
        if event["target"] == self.session:
            demand(self.initialized and event["data"] != [], "a session's commands change with the platform's alone")
            self._switch(event, "session", self.capabilities)
            return
        known = self._known(event["target"])
        first, known.state = known.state is None, event["state"]
        self._switch(event, known.kind, known.capabilities)
        if known.kind == "channel":
            demand(self._promised, f"su({known.target}) without its channel.infochanged")
            shown = {key: known.info[key] for key in known.info if key in CHANNEL_STATE}
            demand(known.state == shown, f"su({known.target}) tells {known.state}, the channel {shown}")
        demand(self._promised or not first, f"first su({known.target}) without its created")
        if known.kind in MOVES:
            self._owe(*self._contacts.updated(known, event["state"]))

    # Helpers

    @staticmethod
    def _switch(event: JsonObject, kind: str, capabilities: set[str]) -> None:
        for change in event["data"]:
            name, wanted = change["name"], change["type"] == "enable"
            demand(change["type"] in ("enable", "disable"), f"a capability is {change['type']!r}")
            demand(wanted != (name in capabilities), f"{name} of {event['target']} is {wanted} already")
            demand(name.startswith(f"{kind}."), f"{name} is no capability of a {kind}")
            (capabilities.add if wanted else capabilities.discard)(name)

    def _owe(self, *events: tuple[str, str]) -> None:
        """These come next, before what is owed already."""
        self._owed[:0] = events

    def _known(self, target: str) -> Known:
        demand(target in self.objects, f"{target} is not known")
        return self.objects[target]

    def _know(self, kind: str, target: str, info: JsonObject) -> None:
        known = self._known(target)
        demand(known.kind == kind, f"{target} is a {known.kind}, not a {kind}")
        demand(known.info["id"] == info["id"], f"{target} says that its id is {info['id']}")
        if kind in MOVES:
            self._contacts.shown(known, info)
        known.info = info

    def _check_children(self, target: str, info: JsonObject) -> None:
        for listed, kind in CHILDREN_LISTS.items():
            if listed in info:
                demand(info[listed] == self.children(target, kind), f"{target} lists {info[listed]} as {listed}")
