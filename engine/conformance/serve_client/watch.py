"""What a desktop does wrong, by all that passes between it and the server."""

from collections.abc import Callable
from typing import Any, Final

import attrs
import trio

from engine.conformance.broken import Broken
from engine.conformance.messages import JsonObject, code_of
from engine.conformance.serve_client.numbering import Numbering
from engine.conformance.veil import veiled
from engine.conformance.view import ClientView
from protocol.commands import Command, find_command

GRACE_S: Final = 1.0
"""What a desktop has not heard of for so long, it cannot know."""
MALFORMED: Final = ("INVALID_REQUEST", "UNKNOWN_COMMAND")


@attrs.frozen
class Fault:
    """What was done wrong: the rule, how, and the message, where it is one."""

    rule: str
    text: str
    message: JsonObject | None = None


@attrs.define(eq=False)
class Life:
    """A session as the desktop knows it. Numbers are those of the desktop."""

    id: str
    token: str
    agent: JsonObject
    view: ClientView
    numbering: Numbering = attrs.field(factory=Numbering)
    epoch: int | None = None
    bound: object | None = None
    """The connection that has it."""
    asked_to_start: bool = False
    over_at: float | None = None
    requests: dict[str, JsonObject] = attrs.field(factory=dict)
    closed_at: dict[tuple[str, str], float] = attrs.field(factory=dict)
    """When a command was shut for a target, and (target, "") when an object went."""
    sent: list[tuple[float, int]] = attrs.field(factory=list)
    """The numbers that were passed on, and when."""
    last: JsonObject | None = None

    def open(self) -> set[tuple[str, str]]:
        """What is announced, and (target, "") for what is there."""
        found = {(self.id, command) for command in self.view.capabilities} | {(self.id, "")}
        for target, known in self.view.objects.items():
            found |= {(target, command) for command in known.capabilities} | {(target, "")}
        return found

    def was(self, target: str, command: str) -> bool:
        """Is it open, or was until a moment ago?"""
        closed = self.closed_at.get((target, command))
        return (target, command) in self.open() or (closed is not None and trio.current_time() - closed < GRACE_S)


@attrs.define(eq=False)
class Watch:
    """`lives`: all sessions, by id. `preparing`: what was asked, and is not answered yet."""

    faults: list[Fault] = attrs.field(factory=list)
    lives: dict[str, Life] = attrs.field(factory=dict)
    taken_over: set[str] = attrs.field(factory=set)
    """Agents whose session was taken over, until their desktop may take it back."""
    _preparing: dict[object, list[JsonObject]] = attrs.field(factory=dict)
    tell: Callable[[], None] = lambda: None

    def fault(self, rule: str, text: str, message: JsonObject | None = None) -> None:
        """The same is told once."""
        if not any((fault.rule, fault.text) == (rule, text) for fault in self.faults):
            self.faults.append(Fault(rule, text, veiled(message)))

    # What the desktop says

    def asked(self, connection: object, message: JsonObject) -> None:
        command, target = find_command(str(message.get("command"))), str(message.get("target"))
        life = self.lives.get(target.split(".")[0])
        if command is None:
            return  # the server says so
        if command.name == "prepareSession":
            self._preparing.setdefault(connection, []).append(message)
            self._check_prepare(message)
        elif life is not None and command.kind is not None:
            self._check_requestid(life, message)
            self._check_request(life, command, target, message)
            life.asked_to_start |= command.name == "session.start"

    def _check_prepare(self, message: JsonObject) -> None:
        data = message.get("data")
        given = data if isinstance(data, dict) else {}
        agent = given.get("agent")
        if given.get("override") is True and isinstance(agent, dict) and agent.get("id") in self.taken_over:
            self.fault("CL-12", "the session that was taken over is taken back at once", message)

    def _check_requestid(self, life: Life, message: JsonObject) -> None:
        requestid = message.get("requestid")
        if not isinstance(requestid, str):
            return
        asked = {name: message.get(name) for name in ("command", "target", "data")}
        before = life.requests.setdefault(requestid, asked)
        if before != asked:
            self.fault("CL-5", f"the requestid {requestid} was that of {before['command']} before", message)

    def _check_request(self, life: Life, command: Command, target: str, message: JsonObject) -> None:
        if life.over_at is not None:
            if trio.current_time() - life.over_at > GRACE_S:
                self.fault("CL-9", f"{command.name} is sent to a session that has ended", message)
        elif command.name == "session.start":
            return
        elif not life.asked_to_start:
            self.fault("CL-1", f"{command.name} is sent before session.start", message)
        elif not life.view.initialized:
            return  # it waits for what the start tells
        elif life.view.is_stranger(target):
            return  # the server has broken its own rules
        elif not life.was(target, ""):
            self.fault("CL-3", f"{command.name} is sent to {target}, which is no object that it was told of", message)
        elif not life.was(target, command.name) and not command.idempotent:
            self.fault("CL-2", f"{command.name} is not announced as open to {target}", message)

    # What the server says

    def answered(self, connection: object, message: JsonObject) -> None:
        """Anything that it says, as it said it."""
        code = code_of(message)
        if code in MALFORMED:
            self.fault("CL-4", f"{code}: {message['failure'].get('message')}", message)
        match message:
            case {"command": "prepareSession"}:
                self._prepared(connection, message)
            case {"command": "bindSession", "result": "success"}:
                self._bound(connection, message["data"])
            case {"command": "unbindSession", "result": "success", "target": str(target)} if target in self.lives:
                self.lives[target].bound = None
            case {"seq": int()}:
                life = self.lives.get(str(message.get("target")).split(".")[0])
                if life is not None:
                    self._take(life, message)
        self.tell()

    def _prepared(self, connection: object, message: JsonObject) -> None:
        asked = self._preparing.get(connection) or [{}]
        request = asked.pop(0)
        if message.get("result") == "success":
            data = message["data"]
            id_, agent = data["session"]["id"], request.get("data", {}).get("agent", {})
            self.lives[id_] = Life(id_, data["resumetoken"], agent, ClientView(id_))

    def _bound(self, connection: object, data: JsonObject) -> None:
        life = self.lives.get(data["session"]["id"])
        if life is None:
            return
        life.bound, life.epoch = connection, data["epoch"]
        if data["outcome"] == "RESET":
            before = life.open()
            life.view.start_anew(data["seq"])
            life.asked_to_start = False
            self._note_closed(life, before)
            life.closed_at.clear()  # a desktop that was told of the reset knows that nothing is there

    def _take(self, life: Life, message: JsonObject) -> None:
        before = life.open()
        try:
            if message["seq"] > life.view.seq:
                life.view.take(message)
        except Broken:
            life.view.lose_track()
        self._note_closed(life, before)
        life.last = message
        if life.view.over and life.over_at is None:
            life.over_at = trio.current_time()
            if message.get("data", {}).get("cause") == "TAKEOVER":
                self.taken_over.add(str(life.agent.get("id")))

    def _note_closed(self, life: Life, before: set[tuple[str, str]]) -> None:
        for each in before - life.open():
            life.closed_at[each] = trio.current_time()

    # Coming back

    def check_resume(self, life: Life, resume: Any, cut_at: float) -> None:
        """After a connection that was lost at that time."""
        given = resume if isinstance(resume, dict) else {}
        if given.get("token") != life.token:
            self.fault("CL-7", "it resumes with another token than the one that prepareSession gave")
        if given.get("epoch") != life.epoch:
            self.fault("CL-7", f"it resumes with the epoch {given.get('epoch')}, and was bound with {life.epoch}")
        seq = given.get("seq")
        most = max([number for _, number in life.sent], default=0)
        least = max([number for at, number in life.sent if at < cut_at - GRACE_S], default=0)
        if not isinstance(seq, int) or not least <= seq <= most:
            self.fault("CL-7", f"it resumes with seq {seq}, and the last message that it got was {most}")
