"""A running server, the model of the specification and a simulator of the test's own, fed with the same requests.

The server's platform is the simulator, which is deterministic: what the model would ask of it, the test asks of its own
copy, so that the model can tell every message of the server before it comes.
"""

from collections import Counter
from typing import Any, Final

import attrs

from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings
from engine.conformance.view import CHANNEL_STATE, ClientView, JsonObject
from protocol.commands import find_command
from protocol.errors import FailureCode, Refused
from protocol.platform import CALLS, ChannelReport, PlatformCall
from protocol.states import ChannelType
from tests.blackbox.client import AgentSession, Desktop, code_of
from tests.walks.model import Model
from tests.walks.words import Asks, Denied, Granted, Settled, Thing, Told

ALL_MEDIA: Final = {"chat": True, "email": True, "callback": True}
CALL_OF: Final = {call.__name__: call for call in CALLS}


@attrs.frozen
class Owed:
    """An event that the server must send; `state` is that of the channel it tells of."""

    name: str
    thing: Thing
    cause: str | None
    state: JsonObject | None


@attrs.define(eq=False)
class Agent:
    """An agent's session as its client and the model have it. `owed` is what the client has not heard yet.

    `present`: a connection binds the session.
    """

    id: str
    session: AgentSession
    model: Model
    present: bool = True
    owed: list[Owed] = attrs.field(factory=list)
    requestids: dict[str, int] = attrs.field(factory=dict)
    """Those that must never be executed again, with the seq of their response."""


class Together:
    """All agents of one walk. Each method is one thing that happens, checked to its end."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.agents: dict[str, Agent] = {}
        self.seen: Counter[str] = Counter()
        self._switch = Switch(settings)
        self._switch.connect(self)
        self._changes: list[tuple[str, ChannelReport]] = []

    # The line that the simulator tells of its changes

    def changed(self, agent: str, report: ChannelReport) -> None:
        self._changes.append((agent, report))

    def broken(self) -> None:
        raise AssertionError("the simulator has no faults here")

    # What happens

    def prepare(self, desktop: Desktop, agent: str, groups: tuple[str, ...] = ()) -> None:
        """A new session; one that the agent has is disposed of, as its last message says."""
        old = self.agents.get(agent)
        session = desktop.session_of(agent, groups=groups)
        if old is not None and old.present and old.model.state != "DISPOSED":
            messages = old.session.wait_news("session.disposed")
            assert messages.pop()["data"]["cause"] == "TAKEOVER"
            self._check_events(old, messages)
            assert old.session.view.over
        model = Model(features=self._switch.features, session=Thing("session", session.id), wanted=groups)
        self.agents[agent] = Agent(agent, session, model)

    def request(self, agent: Agent, messages: list[JsonObject]) -> None:
        """Well-formed requests, sent one behind the other without waiting."""
        session = agent.session
        for message in messages:
            session.desktop.send(message)
        heard = session.settle()
        for message in messages:
            heard = self._check_request(agent, message, heard)
        self._check_events(agent, heard)
        self.settle()

    def bad_request(self, agent: Agent, message: JsonObject, code: FailureCode) -> None:
        """A message that is no request, or not for this session: refused, and nothing else."""
        session, before = agent.session, len(agent.session.desktop.notices)
        session.desktop.send(message)
        heard = session.settle() + session.desktop.notices[before:]
        (failure,) = heard
        self._check_failure(failure, message, frozenset({code}))
        self.seen[f"bad: {code}"] += 1

    def leave(self, agent: Agent) -> None:
        """The client lets go of the session, and hears nothing more of it."""
        response = agent.session.desktop.ask("unbindSession", agent.session.id)
        assert response["result"] == "success"
        agent.present = False

    def resume(self, agent: Agent, desktop: Desktop, *, behind: int = 0) -> None:
        """From wherever the session is; a cursor `behind` brings that many messages of the epoch again."""
        session = agent.session
        before = session.desktop if agent.present else None
        cursor = max(session.view.seq - behind, session.began)
        again = [session.raw[seq] for seq in range(cursor + 1, session.view.seq + 1)]
        session.resume(desktop, cursor)
        agent.present = True
        self.settle()
        assert session.again == again
        session.again.clear()
        if before not in (None, desktop):
            assert code_of(before.ask("session.start", session.id)) == "NOT_BOUND"
            assert any(is_unbound(notice, session) for notice in before.notices)

    def resume_all(self, agents: list[Agent], desktop: Desktop) -> None:
        for agent in agents:
            self.resume(agent, desktop)

    def reset(self, agent: Agent, desktop: Desktop, cursor: JsonObject) -> None:
        """The client comes with a cursor that is none of the session's, and knows nothing any longer."""
        agent.session.desktop = desktop
        assert agent.session.bind(cursor)["outcome"] == "RESET"
        agent.model.desktop_bound(reset=True)
        agent.present = True
        agent.owed.clear()
        self.settle()

    def lose_and_repeat(self, agent: Agent, message: JsonObject, desktop: Desktop) -> None:
        """A request whose connection breaks before the answer, sent again: it is done once, and answered."""
        session = agent.session
        session.desktop.send(message)
        session.desktop.cut()
        session.resume(desktop)
        session.desktop.send(message)
        heard = session.settle()
        session.again.clear()
        assert self._check_request(agent, message, heard) == []
        self.settle()

    def settle(self) -> None:
        """Hear what there is to hear, and look whether everybody knows what they should."""
        for agent in self.agents.values():
            if agent.present and agent.model.state != "DISPOSED":
                self._check_events(agent, agent.session.settle())
                self._check_world(agent)

    # One request

    def _check_request(self, agent: Agent, message: JsonObject, heard: list[JsonObject]) -> list[JsonObject]:
        """Take from `heard` what must have come of the request; return the rest."""
        requestid = message.get("requestid")
        if agent.model.state == "DISPOSED":
            notice = next(notice for notice in agent.session.desktop.notices if notice.get("original") == message)
            self._check_failure(notice, message, frozenset({FailureCode.NOT_BOUND}))
            return heard
        if requestid in agent.requestids:
            assert agent.session.again.pop(0) == agent.session.raw[agent.requestids[requestid]]
            self.seen["request repeated"] += 1
            return heard
        settled = self._execute(agent, message)
        response, *heard = heard
        if requestid is not None:
            agent.requestids[requestid] = response["seq"]
        self._check_response(response, message, settled)
        count = len(settled.events)
        self._owe(agent, settled.events, requestid)
        self._check_events(agent, heard[:count])
        self._spread_changes()
        return heard[count:]

    def _execute(self, agent: Agent, message: JsonObject) -> Settled:
        """Play the request on the model, with the answers of the test's own simulator."""
        command = find_command(message["command"])
        assert command is not None
        name, target, data = command.name, message["target"], message.get("data", {})
        outcomes: list[Granted | Denied] = []
        while True:
            world, play = agent.model.play(lambda model: model.request(name, target, data), outcomes)
            if isinstance(play, Settled):
                agent.model = world
                self.seen[f"{name}: {min(play.codes, default='success')}"] += 1
                return play
            try:
                outcomes.append(Granted(self._switch.perform(agent.id, _call(play))))
            except Refused as refusal:
                outcomes.append(Denied(refusal.code))

    def _check_response(self, response: JsonObject, request: JsonObject, settled: Settled) -> None:
        for field in ("command", "target", "requestid"):
            assert response.get(field) == request.get(field)
        if settled.codes:
            self._check_failure(response, request, settled.codes)
            assert response["failure"].get("channel") == ({"id": settled.culprit.id} if settled.culprit else None)
        else:
            assert response["result"] == "success", f"the model expects a success, not {response}"

    @staticmethod
    def _check_failure(message: JsonObject, request: JsonObject, codes: frozenset[FailureCode]) -> None:
        assert message.get("result") == "failure", f"expected one of {codes} for {request}, got {message}"
        assert message["failure"]["code"] in codes, f"{message['failure']}, expected one of {codes}"
        assert message["original"] == request

    # What the platform tells of by itself

    def _spread_changes(self) -> None:
        """Each change is told to the agent's session, if it has begun."""
        changes, self._changes = self._changes, []
        for agent_id, report in changes:
            if agent := self.agents.get(agent_id):
                events = agent.model.reported(report)
                self._owe(agent, events, None)
                self.seen[f"told of by the platform: {len(events)}"] += 1

    # Events

    @staticmethod
    def _owe(agent: Agent, events: Told, cause: str | None) -> None:
        """The state is that of now, after all that the request did; so it is told, too."""
        agent.owed += [
            Owed(name, thing, cause, _state(thing) if thing.kind == "channel" else None) for name, thing in events
        ]

    @staticmethod
    def _check_events(agent: Agent, messages: list[JsonObject]) -> None:
        names, expected = [message.get("name") for message in messages], [owed.name for owed in agent.owed]
        assert names == expected, f"the model tells {expected}, the server {names}"
        for message, owed in zip(messages, agent.owed, strict=True):
            if owed.thing.target is None:
                owed.thing.target = message["target"]
            assert message["target"] == owed.thing.target
            assert message.get("cause") == owed.cause
            if owed.state is not None and owed.name == "channel.infochanged":
                assert _shown(message["data"]["channel"]) == owed.state
        agent.owed.clear()

    # What holds in the end

    @staticmethod
    def _check_world(agent: Agent) -> None:
        view = agent.session.view
        view.check_settled()
        # After a reset nobody is told of what is there, until the next start tells it anew.
        assert view.world() == (_world_of(agent.model) if view.initialized else {})
        assert view.initialized == (agent.model.state == "INITIALIZED")
        assert view.capabilities == agent.model.capabilities(agent.model.session)


def is_unbound(notice: JsonObject, session: AgentSession) -> bool:
    return notice.get("name") == "session.unbound" and notice["target"] == session.id


def without_ids(view: ClientView) -> list[Any]:
    """What a client knows, told without the ids, which no two sessions share."""
    return [
        (
            known.kind,
            known.target.count("."),
            {key: value for key, value in known.info.items() if key not in ("id", "channels")},
            sorted(known.capabilities),
        )
        for known in sorted(view.objects.values(), key=lambda known: _place(view, known.target))
    ]


def _place(view: ClientView, target: str) -> tuple[int, ...]:
    """Groups with their channels first, then the standalone channels, each in the order of their making."""
    order = list(view.objects)
    owners = [owner for owner in order if target == owner or target.startswith(f"{owner}.")]
    standalone = view.objects[owners[0]].kind == "channel"
    return (standalone, *(order.index(owner) for owner in owners))


def _call(asks: Asks) -> PlatformCall[Any]:
    """The call that the model asks for; a group wanted at the preparation is wanted with all its media."""
    match asks.call:
        case "AddGroup":
            fields = {**ALL_MEDIA, **asks.fields}
        case "AddChannel":
            fields = {**asks.fields, "type": ChannelType(asks.fields["type"])}
        case _:
            fields = asks.fields
    return CALL_OF[asks.call](**fields)


def _state(thing: Thing) -> JsonObject:
    facts = {fact: thing[fact] for fact in CHANNEL_STATE if thing[fact] is not None}
    return {**facts, "reason": {"code": facts["reason"]}} if "reason" in facts else facts


def _shown(info: JsonObject) -> JsonObject:
    return {fact: info[fact] for fact in CHANNEL_STATE if fact in info}


def _world_of(model: Model) -> dict[str, JsonObject]:
    """The model's world in the client's words."""
    found: dict[str, JsonObject] = {}
    for thing in model.things:
        info: JsonObject = {"kind": thing.kind, "id": thing.id, "name": thing["name"]}
        if thing.kind == "channelgroup":
            info["channels"] = [channel.id for channel in model.channels(thing)]
        else:
            info |= {"endpoint": thing["endpoint"], "type": thing["type"], "modeltype": thing["type"]}
            info |= {"interactions": [], **_state(thing)}
        found[str(thing.target)] = {**info, "capabilities": model.capabilities(thing)}
    return found
