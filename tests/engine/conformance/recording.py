"""A log that is recorded at a real server: one agent's day, on two connections, with a resumption and a reset."""

import json
from pathlib import Path
from typing import Any, Final

from engine.conformance.view import JsonObject
from tests.blackbox.client import GROUP, AgentSession, Desktop
from tests.blackbox.server import ServerProcess
from tests.blackbox.test_calls import Outside

Log = list[JsonObject]
"""Entries of the kit's own form, with the message decoded."""

COLLEAGUE: Final = "+15550101"


class Recorded(Desktop):
    """A desktop that writes down what it sends and reads."""

    def __init__(self, url: str, log: Log, name: str) -> None:
        super().__init__(url)
        self._log, self._name = log, name

    def _note(self, direction: str, message: JsonObject) -> None:
        self._log.append(
            {"at": float(len(self._log)), "connection": self._name, "direction": direction, "message": message}
        )

    def send_text(self, text: str | bytes) -> None:
        self._note("out", json.loads(text))
        super().send_text(text)

    def read(self) -> JsonObject:
        message = super().read()
        self._note("in", message)
        return message


def record(folder: Path) -> Log:
    log: Log = []
    with ServerProcess(folder) as server, Outside(server) as outside, Recorded(server.agent_url, log, "a") as first:
        session = first.session_of("agent1")
        _take_a_call(session, outside)
        session.desktop.cut()
        outside.post("phones/4001/dial", {"destination": COLLEAGUE})
        with Recorded(server.agent_url, log, "b") as second:
            session.resume(second, session.view.seq - 4)
            session.settle()
            session.do("conversation.release", _leg(session), requestid="r30")
            session.bind({"token": session.token, "epoch": session.epoch + 7, "seq": 1})
            session.do("session.start", requestid="r31")
            session.do("session.logout", requestid="r32")
    return log


def _take_a_call(session: AgentSession, outside: Outside) -> None:
    session.do("session.start", requestid="r1")
    session.do("session.addchannelgroup", data=GROUP, requestid="r2")
    session.do("session.addchannel", data={"channel": {"endpoint": "4001", "type": "Telephony"}}, requestid="r3")
    phone = next(path for path, each in _channels(session).items() if each["endpoint"] == "4001")
    session.do("channel.activate", phone, requestid="r4")
    session.do("channel.ready", phone, requestid="r5")
    session.do("channel.ready", f"{phone}9", requestid="r6")
    session.do("session.request.getdirectory", requestid="r7")
    session.do("session.request.externalnotreadyreasons", requestid="r8")
    other = session.do(
        "session.addchannel", data={"channel": {"endpoint": "4031", "type": "Telephony"}}, requestid="r9"
    )
    session.do("session.removechannel", data={"channel": {"id": other[1]["data"]["channel"]["id"]}}, requestid="r9b")
    outside.call("4001", order="17")
    session.wait_news("interaction.initialized")
    leg = _leg(session)
    call = leg.rpartition(".")[0]
    session.do("conversation.answer", leg, requestid="r10")
    session.do("conversation.hold", leg, requestid="r11")
    session.do("conversation.retrieve", leg, requestid="r12")
    session.do("conversation.retrieve", leg, requestid="r13")
    session.do("interaction.setdata", call, {"interactiondata": {"vip": "yes"}}, requestid="r14")
    session.do("interaction.recording.start", call, requestid="r15")
    session.do("interaction.recording.start", call, requestid="r15")
    session.do("conversation.release", leg, requestid="r16")
    session.do("interaction.complete", call, requestid="r17")
    session.do("channel.notready", phone, requestid="r18")


def _channels(session: AgentSession) -> dict[str, JsonObject]:
    return _of_kind(session, "channel")


def _of_kind(session: AgentSession, kind: str) -> dict[str, JsonObject]:
    objects = session.view.objects.items()
    return {target.partition(".")[2]: known.info for target, known in objects if known.kind == kind}


def _leg(session: AgentSession) -> str:
    """The latest conversation that there is."""
    return list(_of_kind(session, "conversation"))[-1]


def as_lines(log: Log) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in log)


def as_har(log: Log) -> str:
    """As a browser exports it: an entry a connection."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry in log:
        way = "send" if entry["direction"] == "out" else "receive"
        frame = {"type": way, "time": entry["at"], "opcode": 1, "data": json.dumps(entry["message"])}
        entries.setdefault(entry["connection"], []).append(frame)
    page = {"request": {"url": "https://desk.example/"}}
    listed = [page, *({"request": {}, "_webSocketMessages": frames} for frames in entries.values())]
    return json.dumps({"log": {"version": "1.2", "entries": listed}}, indent=2)
