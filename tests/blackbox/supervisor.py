"""A supervisor's client: a connection that lists, watches and orders, and holds what it is shown to the promises."""

import itertools
from collections.abc import Iterator
from typing import Any, Final

import attrs

from engine.conformance.view import ClientView, JsonObject
from tests.blackbox.client import PASSWORD, AgentSession, Desktop, code_of, message_of

WHY: Final = "calls are waiting"

TEAMS: Final = """
[[supervisors]]
id = "supervisor1"
password = "demo"
name = "Supervisor 1"

[[supervisors]]
id = "supervisor2"
password = "other-word"
team = ["agent2", "agent3"]
"""

ORDERS: Final[dict[str, JsonObject]] = {
    "watch": {},
    "unwatch": {},
    "setagentstate": {"channel": {"id": "c1"}, "agentstate": "READY", "why": WHY},
    "logoutagent": {"why": WHY},
}

_numbers = itertools.count(1)


@attrs.define
class Watched:
    """A session as its watcher has it: the picture and every message, held to what the session's own desktop may
    expect."""

    snapshot: JsonObject
    view: ClientView = attrs.field(init=False)
    messages: list[JsonObject] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        picture = self.snapshot["data"]
        self.view = ClientView(self.snapshot["target"])
        start = {"command": "session.start", "target": self.snapshot["target"], "result": "success"}
        run = [start, *initialization(picture)] if picture["session"]["state"] == "INITIALIZED" else []
        self.view.numbers.begin(picture["seq"] - len(run))
        for message in run:
            self.view.take({**message, "seq": self.view.seq + 1})
        self.view.check_settled()

    def take(self, message: JsonObject) -> None:
        self.view.take(message)
        self.messages.append(message)


def initialization(picture: JsonObject) -> Iterator[JsonObject]:
    """The events of a session.start that finds what the picture shows: it holds all that they tell."""
    listed = {kind: picture[f"{kind}s"] for kind in ("channelgroup", "channel", "interaction", "conversation")}
    objects = [(kind, each) for kind, some in listed.items() for each in some]

    def event(name: str, target: str, **data: Any) -> JsonObject:
        return {"name": name, "target": target, "data": data}

    def bracket(kind: str, each: JsonObject) -> Iterator[JsonObject]:
        target, info = each["target"], each[kind]
        yield event(f"{kind}.created", target, **{kind: info})
        opened = [{"name": name, "type": "enable"} for name in each["capabilities"]]
        keys = ("loginstate", "agentstate", "reason", "pendingagentstate", "state", "recording")
        state = {key: info[key] for key in keys if key in info} or {"state": "INITIALIZED"}
        yield {"name": "state.updated", "target": target, "data": opened, "state": state}
        if kind == "conversation":
            yield from (event("conversation.member.added", target, member=member) for member in info["members"])
        yield from brackets_below(target)
        if kind == "interaction":
            data = each["interactiondata"]
            yield event("interaction.datachanged", target, interactiondata=data, changed=list(data))
            if info["state"] in ("ALERTING", "DIALING"):
                yield event("interaction.preview", target, interaction=info, interactiondata=data)
            elif info["state"] == "STARTED":
                yield event("interaction.started", target, interaction=info)
            else:
                yield event("interaction.ended", target, interaction=info, cause=each["cause"], wrapup=True)
        yield event(f"{kind}.initialized", target, **{kind: info})

    def brackets_below(owner: str) -> Iterator[JsonObject]:
        for kind, each in objects:
            if each["target"].rpartition(".")[0] == owner:
                yield from bracket(kind, each)

    session = picture["session"]
    yield from brackets_below(session["id"])
    groups = [each["target"].split(".")[-1] for each in listed["channelgroup"]]
    alone = [each["target"].split(".")[-1] for each in listed["channel"] if each["target"].count(".") == 1]
    yield event("session.initialized", session["id"], session={**session, "channelgroups": groups, "channels": alone})


class Supervisor:
    """A connection that is nobody's desk, or that of an agent as well."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.watched: dict[str, Watched] = {}
        self.unwatched: list[str] = []

    def login(self, who: str = "supervisor1", password: str = PASSWORD) -> "Supervisor":
        answer = self.ask("login", data={"supervisor": {"id": who, "password": password}})
        assert code_of(answer) == "success", answer
        return self

    def send(self, command: str, target: str | None = None, data: object = None, **more: Any) -> None:
        self.desktop.send(message_of(f"supervisor.{command}", target, data, **more))

    def ask(self, command: str, target: str | None = None, data: object = None, **more: Any) -> JsonObject:
        requestid = more.setdefault("requestid", f"supervisor-{next(_numbers)}")
        self.send(command, target, data, **more)
        return self.answer(requestid)

    def answer(self, requestid: str) -> JsonObject:
        while True:
            message = self.read()
            if message.get("requestid") == requestid and "seq" not in message:
                return message

    def read(self) -> JsonObject:
        message = self.desktop.read()
        match message.get("name"):
            case "supervisor.snapshot":
                assert message["target"] not in self.watched
                self.watched[message["target"]] = Watched(message)
            case "supervisor.message":
                self.watched[message["target"]].take(message["data"]["message"])
            case "supervisor.unwatched":
                self.watched.pop(message["target"])
                self.unwatched.append(message["target"])
        return message

    def watch(self, session: AgentSession) -> Watched:
        assert code_of(self.ask("watch", session.id)) == "success"
        assert self.read()["name"] == "supervisor.snapshot"
        return self.watched[session.id]

    def see(self, session: AgentSession) -> Watched:
        """Read until all is seen that the session's own desktop has."""
        watched = self.watched[session.id]
        while watched.view.seq < session.view.seq:
            self.read()
        return watched

    def order(self, session: AgentSession, agentstate: str, channel: str = "c1", **more: Any) -> JsonObject:
        data = {"channel": {"id": channel}, "agentstate": agentstate, "why": WHY, **more}
        return self.ask("setagentstate", session.id, data)
