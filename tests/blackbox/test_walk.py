"""Any request at any time, over sockets: the running server says what the model of the specification says."""

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from engine.adapters.simulator.settings import SimulatorSettings
from engine.config import load
from engine.conformance.view import JsonObject
from protocol.errors import FailureCode
from tests import strategies
from tests.blackbox.client import Desktop
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve, forget
from tests.blackbox.together import Agent, Together, without_ids

STEPS_AT_LEAST: Final = 2000
AGENTS: Final = ("agent1", "agent2", "agent3")

SETTINGS: Final = config(
    """
[simulator]
extra_extensions = ["4005", "4006"]
not_ready_reasons = [{code = "LUNCH", name = "Lunch"}, {code = "MEETING", name = "Meeting"}]
directory = [{name = "Front desk", number = "4900", type = "internal"}]
"""
)

MEDIA: Final = ["Telephony", "TELEPHONY", "telephony", "Chat", "chat", "EMAIL", "CallBack"]
EXTENSIONS: Final = ("4001", "4001", "4001", "4005", "nowhere")
REASONS: Final = ("LUNCH", "LUNCH", "MEETING", "NAP")


class SocketWalk(RuleBasedStateMachine):
    """Three agents at two connections: same refusals, same events in the same order, same world as the model's."""

    steps: ClassVar[int] = 0
    seen: ClassVar[Counter[str]] = Counter()

    url: ClassVar[str]
    platform: ClassVar[SimulatorSettings]

    def __init__(self) -> None:
        super().__init__()
        self._together = Together(self.platform)
        self._desktops: list[Desktop] = []

    @initialize(batched=st.tuples(st.booleans(), st.booleans()), groups=st.lists(strategies.group_names, max_size=2))
    def begin(self, batched: tuple[bool, bool], groups: list[str]) -> None:
        self._desktops = [Desktop(self.url, batched=each) for each in batched]
        for number, agent in enumerate(AGENTS):
            forget(self._desktops[0], agent)
            self._together.prepare(self._desktops[number % 2], agent, tuple(groups) if number == 0 else ())

    # Requests

    @rule(data=st.data(), agent=st.sampled_from(AGENTS), verb=st.sampled_from(["", "add", "add"]))
    def session_requests(self, data: st.DataObject, agent: str, verb: str) -> None:
        self._requests(data, agent, "session", verb)

    @rule(data=st.data(), agent=st.sampled_from(AGENTS))
    def channelgroup_requests(self, data: st.DataObject, agent: str) -> None:
        self._requests(data, agent, "channelgroup")

    @rule(data=st.data(), agent=st.sampled_from(AGENTS))
    def more_channelgroup_requests(self, data: st.DataObject, agent: str) -> None:
        self._requests(data, agent, "channelgroup")

    @rule(data=st.data(), agent=st.sampled_from(AGENTS))
    def channel_requests(self, data: st.DataObject, agent: str) -> None:
        self._requests(data, agent, "channel")

    @rule(data=st.data(), agent=st.sampled_from(AGENTS))
    def more_channel_requests(self, data: st.DataObject, agent: str) -> None:
        self._requests(data, agent, "channel")

    def _requests(self, data: st.DataObject, agent_id: str, kind: str, verb: str = "") -> None:
        """Some, one behind the other."""
        agent = self._at_work(agent_id)
        count = data.draw(st.sampled_from([1, 1, 2, 3]), label="requests")
        messages = [self._message(data, agent, kind, verb) for _ in range(count)]
        note(f"{agent_id} sends {messages}")
        self._together.request(agent, messages)
        self._step()

    @rule(
        data=st.data(),
        agent=st.sampled_from(AGENTS),
        wrong=st.sampled_from(["command", "requestid", "target", "data", "session", "unknown"]),
    )
    def bad_request(self, data: st.DataObject, agent: str, wrong: str) -> None:
        """Of the wrong form, of a command that nobody knows, or to a session of another connection."""
        at_work = self._at_work(agent)
        message = self._message(data, at_work, "session")
        message.pop("requestid", None)
        code = FailureCode.INVALID_REQUEST
        match wrong:
            case "session":
                others = [
                    other.session.id for other in self._together.agents.values() if self._is_elsewhere(other, at_work)
                ]
                message["target"], code = data.draw(st.sampled_from(others or ["s-1"])), FailureCode.NOT_BOUND
            case "unknown":
                message["command"], code = data.draw(strategies.unknown_commands), FailureCode.UNKNOWN_COMMAND
            case "target":
                message["target"] = data.draw(strategies.no_targets)
            case _:
                message[wrong] = data.draw(st.sampled_from([None, 5, [], True]))
        note(f"{agent} sends {message}")
        self._together.bad_request(at_work, message, code)
        self._step()

    @staticmethod
    def _is_elsewhere(other: Agent, agent: Agent) -> bool:
        """Is it not bound to the agent's connection?"""
        return not other.present or other.session.desktop is not agent.session.desktop

    # Connections

    @rule(
        data=st.data(),
        agent=st.sampled_from(AGENTS),
        at=st.integers(0, 1),
        what=st.sampled_from(["leave", "resume", "begin anew", "end", "break", "break"]),
    )
    def connection(self, data: st.DataObject, agent: str, at: int, what: str) -> None:
        match what:
            case "leave":
                self._together.leave(self._at_work(agent))
            case "resume":
                self._resume(self._not_over(agent), at, behind=data.draw(st.integers(0, 20)))
            case "begin anew":
                self._begin_anew(self._not_over(agent), at, epochs=data.draw(st.integers(0, 1)))
            case "end":
                self._end(at, batched=data.draw(st.booleans()), politely=data.draw(st.booleans()))
            case "break":
                self._break(data, self._at_work(agent), batched=data.draw(st.booleans()))
        self._step()

    def _resume(self, agent: Agent, at: int, *, behind: int) -> None:
        """After having left, or from one connection to the other while bound."""
        self._together.resume(agent, self._desktops[at], behind=behind)

    def _begin_anew(self, agent: Agent, at: int, *, epochs: int) -> None:
        """With a cursor of the future: of another epoch, or after all that may have come since the client left."""
        session = agent.session
        far = session.view.seq + len(agent.owed) + 1
        self._together.reset(agent, self._desktops[at], {**session.cursor(far), "epoch": session.epoch + epochs})

    def _end(self, at: int, *, batched: bool, politely: bool) -> None:
        """A connection ends, and all sessions that it had are resumed by another one."""
        old, new = self._desktops[at], Desktop(self.url, batched=batched)
        self._desktops[at] = new
        if not politely:
            old.cut()
        old.close()
        self._together.resume_all(self._left_behind(old), new)

    def _break(self, data: st.DataObject, agent: Agent, *, batched: bool) -> None:
        """A connection breaks while a request is under way."""
        message = self._message(data, agent, "channel")
        message["requestid"] = f"lost-{len(agent.requestids)}"
        old, new = agent.session.desktop, Desktop(self.url, batched=batched)
        self._desktops[self._desktops.index(old)] = new
        note(f"{agent.id} sends {message}")
        others = self._left_behind(old, but=agent)
        self._together.lose_and_repeat(agent, message, new)
        old.close()
        self._together.resume_all(others, new)

    def _left_behind(self, old: Desktop, but: Agent | None = None) -> list[Agent]:
        """Whose sessions lose their connection."""
        agents = [
            agent for agent in self._together.agents.values() if agent.session.desktop is old and agent is not but
        ]
        for agent in agents:
            agent.present = False
        return [agent for agent in agents if agent.model.state != "DISPOSED"]

    # Sessions

    @rule(agent=st.sampled_from(AGENTS), at=st.integers(0, 1), override=st.booleans())
    def prepare(self, agent: str, at: int, override: bool) -> None:
        """A takeover: the initialization run of the new session shows what the old one had."""
        old = self._not_over(agent)
        if not override:
            assert self._desktops[at].prepare(agent)["result"] == "confirm"
            self._together.settle()
        else:
            self._together.prepare(self._desktops[at], agent)
            if old.present and old.model.state == "INITIALIZED":
                new = self._together.agents[agent]
                self._together.request(new, [{"command": "session.start", "target": new.session.id}])
                assert without_ids(new.session.view) == without_ids(old.session.view)
        self._step()

    # What to send

    def _not_over(self, agent_id: str) -> Agent:
        if self._together.agents[agent_id].model.state == "DISPOSED":
            self._together.prepare(self._desktops[0], agent_id)
        return self._together.agents[agent_id]

    def _at_work(self, agent_id: str) -> Agent:
        """The agent with a session that is bound."""
        agent = self._not_over(agent_id)
        if not agent.present:
            self._together.resume(agent, self._desktops[1])
        return agent

    def _message(self, data: st.DataObject, agent: Agent, kind: str, verb: str = "") -> JsonObject:
        """To an object of its kind, most of the time; by any of the command's names."""
        model = agent.model
        command = data.draw(strategies.commands_of(kind, verb))
        if command == "session.logout" or not any(thing.kind == kind for thing in (model.session, *model.things)):
            command = data.draw(st.sampled_from(["session.addchannelgroup"] * 3 + [command]))
        if model.state == "PREPARED":
            command = data.draw(st.sampled_from(["session.start"] * 3 + [command]))
        fitting = [thing.target for thing in (model.session, *model.things) if command.startswith(f"{thing.kind}.")]
        others = [
            agent.session.id,
            agent.session.target("x"),
            *sorted(agent.session.view.gone),
            *agent.session.view.objects,
        ]
        target = str(data.draw(st.sampled_from(others if data.draw(strategies.one_in(10)) else fitting or others)))
        message = {
            "command": data.draw(strategies.spellings(command)),
            "target": target,
            "data": self._data(data, agent, command, target),
        }
        if data.draw(st.booleans(), label="with requestid"):
            again = sorted(agent.requestids)
            repeat = bool(again) and data.draw(strategies.one_in(4), label="a repeated one")
            message["requestid"] = data.draw(st.sampled_from(again) if repeat else strategies.requestids)
        return message

    def _data(self, data: st.DataObject, agent: Agent, command: str, target: str) -> JsonObject:
        """Well-formed data; the ids in it are right most of the time."""
        model = agent.model
        thing = model.find(target) or model.session
        match command:
            case "session.removechannel" | "channelgroup.activate" | "channelgroup.deactivate":
                return {"channel": {"id": self._id_among(data, model.channels(thing), model.things)}}
            case "session.removechannelgroup":
                word = data.draw(st.sampled_from(["channelgroup", "channel"]))
                return {word: {"id": self._id_among(data, model.groups(), model.things)}}
            case "session.addchannel":
                return {
                    "channel": {"endpoint": data.draw(strategies.endpoints), "type": data.draw(st.sampled_from(MEDIA))}
                }
            case "session.addchannelgroup":
                media = {medium: data.draw(st.booleans()) for medium in ("chat", "email", "callback")}
                return {"channelgroup": {"name": data.draw(strategies.group_names), **media}}
            case "session.start":
                return data.draw(
                    st.sampled_from([{}, {"extension": "4001"}, {"extension": "4005"}, {"extension": "1"}])
                )
            case "session.logout" | "channel.notready" | "channelgroup.notready":
                reason = data.draw(st.none() | st.sampled_from(REASONS))
                return {} if reason is None else {"reason": {"code": reason}}
            case "channel.dial":
                return {"destination": "9"}
            case _:
                return {}

    @staticmethod
    def _id_among(data: st.DataObject, right: list[Any], others: list[Any]) -> str:
        among = others if data.draw(strategies.one_in(10), label="another id") else right
        return str(data.draw(st.sampled_from([each.id for each in among] or ["c0"])))

    # Counting

    def _step(self) -> None:
        SocketWalk.steps += 1

    def teardown(self) -> None:
        for desktop in self._desktops:
            desktop.close()
        SocketWalk.seen += self._together.seen
        for what in self._together.seen:
            event(what)


def test_walk(serve: Serve, tmp_path: Path) -> None:
    """A failure prints the shortest story that leads to it."""
    file = tmp_path / "walk.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    SocketWalk.url, SocketWalk.platform = serve(SETTINGS).agent_url, load(file).simulator
    while SocketWalk.steps < STEPS_AT_LEAST:  # how long each walk is, is Hypothesis' choice
        run_state_machine_as_test(
            SocketWalk,
            settings=settings(
                max_examples=settings().max_examples * 6 // 10,
                suppress_health_check=[HealthCheck.too_slow],
                deadline=None,
                report_multiple_bugs=False,
            ),
        )
    print(f"{SocketWalk.steps} steps walked: {dict(SocketWalk.seen.most_common())}")
    assert SocketWalk.seen["session.start: success"], "nothing was tried on a started session"
