"""Any request at any time, over sockets: the running server says what the model of the specification says."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from engine.adapters.simulator.settings import SimulatorSettings
from engine.config import load
from protocol.errors import FailureCode
from protocol.states import ChannelType
from tests import strategies
from tests.blackbox.client import Desktop
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve, forget
from tests.blackbox.together import Agent, Together, without_ids
from tests.walks.client_view import JsonObject

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

MEDIA: Final = [kind.capitalize() for kind in ChannelType] + ["chat", "EMAIL", "CallBack"]
REASONS: Final = ("LUNCH", "LUNCH", "MEETING", "NAP")


class SocketWalk(RuleBasedStateMachine):
    """Three agents at two connections: same refusals, same events in the same order, same world as the model's."""

    steps: ClassVar[int] = 0
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self, url: str, platform: SimulatorSettings) -> None:
        super().__init__()
        self._url = url
        self._together = Together(platform)
        self._desktops: list[Desktop] = []

    @initialize(batched=st.tuples(st.booleans(), st.booleans()), groups=st.lists(strategies.group_names, max_size=2))
    def begin(self, batched: tuple[bool, bool], groups: list[str]) -> None:
        self._desktops = [Desktop(self._url, batched=each) for each in batched]
        for number, agent in enumerate(AGENTS):
            forget(self._desktops[0], agent)
            self._together.prepare(self._desktops[number % 2], agent, tuple(groups) if number == 0 else ())

    # Requests

    @rule(
        data=st.data(),
        agent=st.sampled_from(AGENTS),
        kind=st.sampled_from(["session", "session.add", "channelgroup", "channel"]),
    )
    def requests(self, data: st.DataObject, agent: str, kind: str) -> None:
        self._requests(data, agent, kind)

    @rule(data=st.data(), agent=st.sampled_from(AGENTS), kind=st.sampled_from(["channelgroup", "channel"]))
    def more_requests(self, data: st.DataObject, agent: str, kind: str) -> None:
        self._requests(data, agent, kind)

    def _requests(self, data: st.DataObject, agent_id: str, kind: str) -> None:
        agent = self._at_work(agent_id)
        count = data.draw(st.sampled_from([1, 1, 2, 3]), label="one behind the other")
        self._step()
        self._together.request(agent, [self._message(data, agent, kind) for _ in range(count)])

    @rule(
        data=st.data(), agent=st.sampled_from(AGENTS), wrong=st.sampled_from(["command", "requestid", "target", "data"])
    )
    def request_of_wrong_form(self, data: st.DataObject, agent: str, wrong: str) -> None:
        at_work = self._at_work(agent)
        message = self._message(data, at_work, "session")
        message.pop("requestid", None)
        values = strategies.no_targets if wrong == "target" else st.sampled_from([None, 5, [], True])
        message[wrong] = data.draw(values)
        self._step()
        self._together.bad_request(at_work, message, FailureCode.INVALID_REQUEST)

    @rule(agent=st.sampled_from(AGENTS), name=strategies.unknown_commands)
    def request_nobody_knows(self, agent: str, name: str) -> None:
        at_work = self._at_work(agent)
        message = {"command": name, "target": at_work.session.id}
        self._step()
        self._together.bad_request(at_work, message, FailureCode.UNKNOWN_COMMAND)

    @rule(data=st.data(), agent=st.sampled_from(AGENTS), other=st.sampled_from(AGENTS))
    def request_to_a_session_of_another_connection(self, data: st.DataObject, agent: str, other: str) -> None:
        mine, theirs = self._at_work(agent), self._together.agents[other]
        if theirs.present and theirs.session.desktop is mine.session.desktop:
            return
        message = self._message(data, theirs, "session")
        message.pop("requestid", None)
        self._step()
        self._together.bad_request(mine, message, FailureCode.NOT_BOUND)

    # Connections

    @rule(agent=st.sampled_from(AGENTS))
    def leave(self, agent: str) -> None:
        self._step()
        self._together.leave(self._at_work(agent))

    @rule(agent=st.sampled_from(AGENTS), at=st.integers(0, 1), behind=st.integers(0, 20))
    def resume(self, agent: str, at: int, behind: int) -> None:
        """After having left, or from one connection to the other while bound."""
        known = self._together.agents[agent]
        if known.model.state != "DISPOSED":
            self._step()
            self._together.resume(known, self._desktops[at], behind=behind)

    @rule(agent=st.sampled_from(AGENTS), at=st.integers(0, 1), epoch=st.sampled_from([0, 1]), ahead=st.integers(0, 3))
    def begin_anew(self, agent: str, at: int, epoch: int, ahead: int) -> None:
        known = self._together.agents[agent]
        if known.model.state != "DISPOSED" and (epoch or ahead):
            # A cursor of the future, further than all that may have happened since the client left.
            far = known.session.view.seq + len(known.owed) + ahead
            cursor = {"token": known.session.token, "epoch": known.session.epoch + epoch, "seq": far}
            self._step()
            self._together.reset(known, self._desktops[at], cursor)

    @rule(at=st.integers(0, 1), batched=st.booleans(), politely=st.booleans())
    def connection_ends(self, at: int, batched: bool, politely: bool) -> None:
        """All sessions that it had are resumed by another one."""
        old, new = self._desktops[at], Desktop(self._url, batched=batched)
        self._desktops[at] = new
        if not politely:
            old.cut()
        old.close()
        self._step()
        self._together.resume_all(self._left_behind(old), new)

    @rule(data=st.data(), agent=st.sampled_from(AGENTS), batched=st.booleans())
    def connection_breaks_before_the_answer(self, data: st.DataObject, agent: str, batched: bool) -> None:
        at_work = self._at_work(agent)
        message = self._message(data, at_work, "channel")
        message["requestid"] = f"lost-{len(at_work.requestids)}"
        old, new = at_work.session.desktop, Desktop(self._url, batched=batched)
        self._desktops[self._desktops.index(old)] = new
        self._step()
        others = self._left_behind(old, but=at_work)
        self._together.lose_and_repeat(at_work, message, new)
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

    @rule(agent=st.sampled_from(AGENTS), at=st.integers(0, 1))
    def take_over(self, agent: str, at: int) -> None:
        """The initialization run of the new session shows what the old one had."""
        old = self._together.agents[agent]
        self._step()
        self._together.prepare(self._desktops[at], agent)
        if old.present and old.model.state == "INITIALIZED":
            new = self._together.agents[agent]
            self._together.request(new, [{"command": "session.start", "target": new.session.id}])
            assert without_ids(new.session.view) == without_ids(old.session.view)

    @rule(agent=st.sampled_from(AGENTS), at=st.integers(0, 1))
    def prepare_a_second_session(self, agent: str, at: int) -> None:
        if self._together.agents[agent].model.state != "DISPOSED":
            self._step()
            assert self._desktops[at].prepare(agent)["result"] == "confirm"
            self._together.settle()

    # What to send

    def _at_work(self, agent_id: str) -> Agent:
        """The agent with a session that is bound."""
        agent = self._together.agents[agent_id]
        if agent.model.state == "DISPOSED":
            self._together.prepare(self._desktops[0], agent_id)
            agent = self._together.agents[agent_id]
        if not agent.present:
            self._together.resume(agent, self._desktops[1])
        return agent

    def _message(self, data: st.DataObject, agent: Agent, kind: str) -> JsonObject:
        """To an object of its kind if there is one, most of the time; by any of the command's names."""
        model = agent.model
        prefix, _, verb = kind.partition(".")
        command = data.draw(strategies.commands_of(prefix, verb))
        if model.state == "PREPARED" and not data.draw(strategies.one_in(4)):
            command = "session.start"
        if command == "session.logout" and not data.draw(strategies.one_in(4)):
            command = "session.addchannelgroup"
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
        return data.draw(st.sampled_from([each.id for each in among] or ["c0"]))

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
    machine = partial(SocketWalk, serve(SETTINGS).agent_url, load(file).simulator)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=settings.default.max_examples * 7 // 10, suppress_health_check=[HealthCheck.too_slow], deadline=None
        ),
    )
    print(f"{SocketWalk.steps} steps walked")
    assert SocketWalk.steps >= STEPS_AT_LEAST
    for what in (
        "request repeated",
        "told of by the platform: 2",
        "channelgroup.ready: success",
        "session.start: success",
    ):
        assert SocketWalk.seen[what], f"the walk did not come to {what!r}"
