"""What a client knows of interactions and conversations, and what the messages about them must keep to.

Part of the client view: it believes nothing but the messages. Source: specs/contacts.md.
"""

from typing import Final

import attrs

from engine.conformance.broken import Broken, demand
from engine.conformance.messages import JsonObject

Owed = list[tuple[str, str]]
"""Events, as name and target, that must come next."""

MOVES: Final = {
    "interaction": {
        "ALERTING": ("STARTED", "ENDED"),
        "DIALING": ("STARTED", "ENDED"),
        "STARTED": ("ENDED",),
        "ENDED": ("COMPLETED",),
    },
    "conversation": {
        "ALERTING": ("CONNECTED", "HELD", "ENDED"),
        "DIALING": ("CONNECTED", "HELD", "ENDED"),
        "CONNECTED": ("HELD", "ENDED"),
        "HELD": ("CONNECTED", "ENDED"),
    },
}
"""By kind: from each state, those that may be told next; a platform may skip a step."""

MOVES_RULE: Final = {"interaction": "ST-1", "conversation": "ST-5"}

OPENING: Final = {"ALERTING": "preview", "DIALING": "preview", "STARTED": "started", "ENDED": "ended"}
"""By the state of an interaction that is new, the event that says so and stands right before its initialized."""

ALIVE: Final = ("ALERTING", "DIALING", "STARTED")

CAUSES: Final = ("RELEASED", "REMOTE", "TRANSFERRED", "REJECTED", "ABANDONED", "NOANSWER", "BUSY", "FAILED")

POSTS: Final = {
    "interaction.message.added": "message",
    "interaction.file.added": "file",
    "interaction.screenshot.accepted": "screenshot",
    "interaction.screenshot.rejected": "screenshot",
    "interaction.signal.received": "signal",
    "interaction.form.submitted": None,
    "interaction.typing.started": None,
    "interaction.typing.stopped": None,
    "interaction.party.joined": None,
    "interaction.party.left": None,
}
"""What comes up in media interactions, with the property whose id comes once."""


@attrs.define
class Known:
    """One object as the client knows it. `info` is the whole object of its last event, `state` of its last update."""

    kind: str
    target: str
    info: JsonObject
    state: JsonObject | None = None
    capabilities: set[str] = attrs.field(factory=set)
    told: set[str] = attrs.field(factory=set)
    """Of an interaction: those of the events that come once at most which have come."""
    data: JsonObject = attrs.field(factory=dict)
    """What is attached to an interaction."""
    members: dict[str, JsonObject] = attrs.field(factory=dict)
    """Of a conversation, by id."""
    seen: set[tuple[str, str]] = attrs.field(factory=set)
    """Kinds and ids of what came up in an interaction."""
    typing: set[str] = attrs.field(factory=set)
    """Ids of the parties that are typing."""

    @property
    def id(self) -> str:
        return self.target.rpartition(".")[2]

    @property
    def parent(self) -> str:
        return self.target.rpartition(".")[0]


def move(known: Known, state: str) -> None:
    """An event shows the object in this state."""
    before = known.info["state"]
    if state != before:
        demand(
            state in MOVES[known.kind].get(before, ()),
            MOVES_RULE[known.kind],
            f"{known.target} goes from {before} to {state}",
        )


@attrs.define
class Contacts:
    """The interactions and conversations among `objects`, which are all that the client knows, by target."""

    objects: dict[str, Known]

    def below(self, target: str, kind: str) -> list[Known]:
        """The children of `target`, in the order of their making."""
        return [known for known in self.objects.values() if known.kind == kind and known.parent == target]

    # Their lives

    def shown(self, known: Known, info: JsonObject) -> None:
        """An event carries the whole object."""
        move(known, info["state"])
        if known.kind == "interaction":
            kind = self.objects[known.parent].info["modeltype"]
            demand(info["modeltype"] == kind, "ST-9", f"a {info['modeltype']} on a {kind} channel")
            demand(info["type"] == kind.capitalize(), "ST-9", f"{known.target} is a {info['type']}")
            demand(("recording" in info) == (kind == "TELEPHONY"), "ST-8", f"recording of a {kind}: {info}")
        else:
            was = ("PRIMARY",) if known.info["type"] == "PRIMARY" else ("PRIMARY", "CONSULT")
            demand(info["type"] in was, "ST-3", f"{known.target} was a {known.info['type']} and is a {info['type']}")
            members = {member["id"]: member for member in info["members"]}
            demand(members == known.members, "EV-3", f"{known.target} lists {members}, told were {known.members}")

    def created(self, known: Known) -> None:
        if known.kind == "conversation":
            state = self.objects[known.parent].info["state"]
            demand(state in ALIVE, "ST-1", f"{known.target} is created in an interaction that is {state}")
        else:
            self.shown(known, known.info)

    def updated(self, known: Known, state: JsonObject) -> Owed:
        """state.updated tells the state before other events do."""
        move(known, state["state"])
        known.info = {**known.info, **state}
        if known.kind == "conversation" and state["state"] == "ENDED":
            demand(not known.capabilities, "EV-10", f"{known.target} has ended, and {known.capabilities} are open")
            return [("conversation.disposed", known.target)]
        return []

    def disposed(self, known: Known) -> Owed:
        if known.kind == "conversation":
            demand(known.info["state"] == "ENDED", "ST-5", f"{known.target} is disposed of in {known.info['state']}")
            return []
        demand("completed" in known.told, "ST-1", f"{known.target} is disposed of before it is completed")
        return [("channel.infochanged", known.parent)]

    # What else is told of interactions

    def event(self, known: Known, name: str, data: JsonObject, *, new: bool) -> Owed:
        """`new`: within the bracket of the interaction itself."""
        match name:
            case "interaction.datachanged":
                return self._datachanged(known, data, new=new)
            case "interaction.preview" | "interaction.started" | "interaction.ended" | "interaction.completed":
                return self._once(known, name.rpartition(".")[2], data, new=new)
            case "interaction.focuschanged":
                self._learn(known, data["interaction"])
                demand(
                    data["interaction"].get("focus") in self._legs(known),
                    "ST-6",
                    f"the focus of {known.target} moves to no leg",
                )
            case "conversation.member.added":
                member = data["member"]
                demand(member["id"] not in known.members, "EV-3", f"{member} is in {known.target} already")
                known.members[member["id"]] = member
                known.info = {**known.info, "members": list(known.members.values())}
            case "conversation.member.removed":
                member = data["member"]
                demand(known.members.pop(member["id"], None) == member, "EV-3", f"{member} is not in {known.target}")
                known.info = {**known.info, "members": list(known.members.values())}
            case _:
                demand(name in POSTS and not new, "O5", f"{name} at {known.target}")
                self._post(known, name, data)
        return []

    def _learn(self, known: Known, info: JsonObject) -> None:
        demand(info["id"] == known.id, "EV-2", f"{known.target} says that its id is {info['id']}")
        self.shown(known, info)
        known.info = info

    def _datachanged(self, known: Known, data: JsonObject, *, new: bool) -> Owed:
        now, before = data["interactiondata"], known.data
        keys = {key for key in {*now, *before} if now.get(key) != before.get(key)}
        demand(sorted(data["changed"]) == sorted(keys), "EV-8", f"{data['changed']} are told as changed, {keys} are")
        known.data = now
        if not new:
            return []
        opening = OPENING[known.info["state"]]
        return [(f"interaction.{opening}", known.target), ("interaction.initialized", known.target)]

    def _once(self, known: Known, what: str, data: JsonObject, *, new: bool) -> Owed:
        demand(what not in known.told, "ST-7", f"{known.target} is {what} twice")
        known.told.add(what)
        known.seen.update(("message", message["id"]) for message in data.get("transcript", ()))
        info, before = data["interaction"], known.info["state"]
        self._learn(known, info)
        state, owed = info["state"], []
        match what:
            case "preview":
                demand(new and OPENING.get(state) == "preview", "O5", f"a preview of {known.target}, which is {state}")
                demand(data["interactiondata"] == known.data, "EV-8", f"the preview of {known.target} has other data")
            case "started":
                demand(before == state == "STARTED", "ST-1", f"{known.target} is started, from {before} to {state}")
            case "ended":
                demand(state == "ENDED", "ST-1", f"{known.target} has ended and is {state}")
                demand(data["cause"] in CAUSES, "ST-7", f"{known.target} ends with {data}")
                demand(not self._legs(known), "O5", f"{known.target} ended before its legs {self._legs(known)}")
                demand(data["wrapup"] or not new, "ST-2", f"{known.target} is new, and over already")
                pair_first = [("state.updated", known.target), ("channel.infochanged", known.parent)]
                owed = pair_first if data["wrapup"] else [("interaction.completed", known.target)]
            case _:
                demand(
                    before == "ENDED" and state == "COMPLETED", "ST-1", f"{known.target} is completed, from {before}"
                )
                owed = [("interaction.disposed", known.target)]
        return [] if new else owed

    def _post(self, known: Known, name: str, data: JsonObject) -> None:
        demand(known.info["modeltype"] != "TELEPHONY", "UN-media", f"{name} in a call")
        demand(known.info["state"] in ALIVE, "UN-media", f"{name} in an interaction that is {known.info['state']}")
        named = POSTS[name]
        if named is not None:
            mark = (named, data[named]["id"])
            demand(mark not in known.seen, "EV-9", f"{mark} came up before in {known.target}")
            known.seen.add(mark)
        if name.startswith("interaction.typing."):
            typing = name.endswith("started")
            party = data["party"]["id"]
            demand(typing != (party in known.typing), "UN-typing", f"{name} of {party} comes twice")
            known.typing ^= {party}
        if name == "interaction.party.left":
            known.typing.discard(data["party"]["id"])

    # At rest

    def check_settled(self) -> None:
        for known in self.objects.values():
            try:
                self._check(known)
            except Broken as broken:
                raise Broken(broken.rule, broken.text, about=known.target) from None

    def _check(self, known: Known) -> None:
        if known.kind == "channel":
            self._check_channel(known)
        if known.kind in MOVES:
            shown = {name: known.info[name] for name in ("state", "recording") if name in known.info}
            demand(known.state == shown, "EV-5", f"{known.target} is {shown}, and its state.updated told {known.state}")
        if known.kind == "interaction":
            self._check_interaction(known)

    def _check_channel(self, channel: Known) -> None:
        interactions = self.below(channel.target, "interaction")
        listed, there = channel.info["interactions"], [each.id for each in interactions]
        demand(listed == there, "EV-3", f"{channel.target} lists {listed} as interactions, and has {there}")
        talking = [
            leg.target
            for each in interactions
            for leg in self.below(each.target, "conversation")
            if leg.info["state"] == "CONNECTED"
        ]
        demand(len(talking) <= 1, "ST-5", f"{talking} are CONNECTED at once")

    def _check_interaction(self, known: Known) -> None:
        state, legs = known.info["state"], self.below(known.target, "conversation")
        demand(state != "COMPLETED", "ST-1", f"{known.target} was completed and not disposed of")
        ended, started = "ended" in known.told, "started" in known.told
        demand(ended == (state == "ENDED"), "ST-7", f"{known.target} is {state}, told was {known.told}")
        demand(state == "ENDED" or started == (state == "STARTED"), "ST-1", f"{known.target} and its start")
        types = sorted(leg.info["type"] for leg in legs)
        if known.info["modeltype"] != "TELEPHONY" or state == "ENDED":
            demand(not legs, "ST-3", f"{known.target} has the legs {types} in {state}")
            return
        expected = (["PRIMARY"], ["CONSULT", "PRIMARY"])
        demand(types in expected, "ST-3", f"{known.target} has the legs {types} in {state}")
        focus = known.info.get("focus")
        demand(focus in self._legs(known), "ST-6", f"the focus of {known.target} is no leg: {known.info}")

    def _legs(self, known: Known) -> list[str]:
        return [leg.id for leg in self.below(known.target, "conversation")]
