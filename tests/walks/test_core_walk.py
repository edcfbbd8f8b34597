"""Any input at any time: the core says what the model of the specification says, and a client can follow it."""

from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from protocol.errors import FailureCode
from protocol.platform import ChannelReport, Feature
from protocol.states import ChannelType, DisposalCause
from statemachines.core import CoreSettings
from tests import strategies
from tests.walks.client_view import JsonObject
from tests.walks.side_by_side import SESSION, SideBySide
from tests.walks.words import Granted

FEATURES = sorted(Feature)

MEDIA = [kind.capitalize() for kind in ChannelType] + ["chat", "EMAIL", "CallBack"]

ENVELOPE = ("command", "no command", "target", "no target", "requestid", "data")


class CoreWalk(RuleBasedStateMachine):
    """The core against the model: same refusals, same events in the same order, same world."""

    session: SideBySide

    @initialize(
        lacking=st.frozensets(st.sampled_from(FEATURES), max_size=2),
        wanted=st.lists(strategies.group_names, max_size=2),
        debug=st.booleans(),
    )
    def begin(self, lacking: frozenset[Feature], wanted: list[str], debug: bool) -> None:
        settings = CoreSettings(debug=debug)
        self.session = SideBySide(frozenset(FEATURES) - lacking, tuple(wanted), settings)

    # What a client sends. Each rule is one request with all that happens until it is answered.

    @rule(data=st.data(), command=strategies.commands_of("session"))
    def session_request(self, data: st.DataObject, command: str) -> None:
        self._request(data, command)

    @rule(data=st.data(), command=strategies.commands_of("session", "add"))
    def session_request_that_adds(self, data: st.DataObject, command: str) -> None:
        self._request(data, command)

    @rule(data=st.data(), command=strategies.commands_of("session", "remove"))
    def session_request_that_removes(self, data: st.DataObject, command: str) -> None:
        self._request(data, command)

    @rule(data=st.data(), command=strategies.commands_of("channelgroup"))
    def channelgroup_request(self, data: st.DataObject, command: str) -> None:
        self._request(data, command)

    @rule(data=st.data(), command=strategies.commands_of("channelgroup"))
    def another_channelgroup_request(self, data: st.DataObject, command: str) -> None:
        self._request(data, command)

    @rule(data=st.data(), command=strategies.commands_of("channel"))
    def channel_request(self, data: st.DataObject, command: str) -> None:
        self._request(data, command)

    @rule(data=st.data(), command=strategies.commands_of("channel"))
    def another_channel_request(self, data: st.DataObject, command: str) -> None:
        self._request(data, command)

    @rule(data=st.data(), command=strategies.commands_of(""), wrong=st.sampled_from(ENVELOPE))
    def request_of_wrong_form(self, data: st.DataObject, command: str, wrong: str) -> None:
        message = self._message(data, command, SESSION, self._data(data, command, SESSION))
        match wrong.split():
            case ["no", field]:
                del message[field]
            case ["target"]:
                message["target"] = data.draw(strategies.no_targets)
            case ["requestid"]:
                message["requestid"] = data.draw(st.sampled_from(["", "x" * 129, 5, None, []]))
            case [field]:
                message[field] = data.draw(st.sampled_from([None, 5, [], True]))
        self.session.bad_request(message, FailureCode.INVALID_REQUEST)

    @rule(data=st.data(), name=strategies.unknown_commands)
    def request_nobody_knows(self, data: st.DataObject, name: str) -> None:
        self.session.bad_request(self._message(data, name, SESSION, {}), FailureCode.UNKNOWN_COMMAND)

    def _request(self, data: st.DataObject, command: str) -> None:
        """To an object of its kind if there is one, most of the time; every now and then the same once more."""
        model = self.session.model
        if model.state == "PREPARED" and data.draw(strategies.one_in(4)) is False:
            command = "session.start"
        if command == "session.logout" and data.draw(strategies.one_in(4)) is False:
            command = "session.addchannelgroup"
        fitting = [thing.target for thing in (model.session, *model.things) if command.startswith(f"{thing.kind}.")]
        others = [SESSION, f"{SESSION}.x", *sorted(self.session.client.gone), *[thing.target for thing in model.things]]
        target = str(data.draw(st.sampled_from(others if data.draw(strategies.one_in(10)) else fitting or others)))
        for _ in range(data.draw(st.sampled_from([1, 1, 1, 2]), label="times")):
            self.session.request(self._message(data, command, target, self._data(data, command, target)))
            self._go_on(data)

    def _message(self, data: st.DataObject, command: str, target: str, payload: JsonObject) -> JsonObject:
        """As clients spell it: by any of its names, with and without requestid, with unknown properties."""
        message: JsonObject = {"command": data.draw(strategies.spellings(command)), "target": target, "data": payload}
        if data.draw(st.booleans(), label="with requestid"):
            again = sorted(self.session.requestids)
            repeat = bool(again) and data.draw(strategies.one_in(4), label="a repeated one")
            message["requestid"] = data.draw(st.sampled_from(again) if repeat else strategies.requestids)
        if data.draw(strategies.one_in(10)):
            message["unknown"] = data.draw(strategies.scalars)
        return message

    def _data(self, data: st.DataObject, command: str, target: str) -> JsonObject:
        """Well-formed data; the ids in it are right most of the time."""
        model = self.session.model
        thing = model.find(target) or model.session
        if command.startswith("session.remove") or command in ("channelgroup.activate", "channelgroup.deactivate"):
            right = model.groups() if command == "session.removechannelgroup" else model.channels(thing)
            wrong = bool(model.things) and data.draw(strategies.one_in(10), label="another id")
            among = model.things if wrong else right
            word = "channelgroup" if command == "session.removechannelgroup" and data.draw(st.booleans()) else "channel"
            return {word: {"id": data.draw(st.sampled_from([each.id for each in among] or ["c0"]))}}
        match command:
            case "session.addchannel":
                taken = [channel["endpoint"] for channel in model.channels()]
                known = bool(taken) and data.draw(strategies.one_in(4), label="an endpoint that is taken")
                endpoint = data.draw(st.sampled_from(taken) if known else strategies.endpoints)
                return {"channel": {"endpoint": endpoint, "type": data.draw(st.sampled_from(MEDIA))}}
            case "session.addchannelgroup":
                media = {kind: data.draw(st.booleans()) for kind in ("chat", "email", "callback")}
                return {"channelgroup": {"name": data.draw(strategies.group_names), **media}}
            case "session.start":
                return data.draw(st.sampled_from([{}, {"extension": "4001"}]))
            case "session.logout" | "channel.notready" | "channelgroup.notready":
                return data.draw(st.sampled_from([{}, {"reason": {"code": "LUNCH"}}]))
            case "channel.dial":
                return {"destination": "9"}
            case _:
                return {}

    # What else happens

    @rule(data=st.data())
    def platform_reports(self, data: st.DataObject) -> None:
        """Of a channel of the session most of the time, and every now and then the same again."""
        known = [channel["endpoint"] for channel in self.session.model.channels()]
        report = data.draw(strategies.channel_reports(endpoint=data.draw(st.sampled_from(known)) if known else None))
        for _ in range(data.draw(st.sampled_from([1, 1, 2]), label="times")):
            self.session.report(report)

    @rule(report=strategies.channel_reports() | strategies.impossible_reports())
    def platform_reports_what_cannot_be(self, report: ChannelReport) -> None:
        if report.problem():
            self.session.impossible_report(report)
        else:
            self.session.report(report)

    @rule(data=st.data(), what=st.sampled_from(["lost", "bound", "bound", "bound anew"]))
    def desktop(self, data: st.DataObject, what: str) -> None:
        if what == "bound anew":
            self.session.desktop_bound_anew()
        else:
            self._any_time(data, what)

    @rule(data=st.data(), seconds=st.sampled_from([0.0, 1.0, 29.0, 30.0, 31.0, 270.0]))
    def time_passes(self, data: st.DataObject, seconds: float) -> None:
        self.session.wait(seconds)
        self._go_on(data)

    @rule(data=st.data())
    def desktop_away(self, data: st.DataObject) -> None:
        """For as long as ready channels are left ready."""
        self.session.desktop_lost()
        self.session.wait(self.session.settings.not_ready_after_s)
        self._go_on(data)

    @rule(data=st.data(), cause=st.sampled_from(DisposalCause))
    def end(self, data: st.DataObject, cause: DisposalCause) -> None:
        if data.draw(strategies.one_in(3)):
            self.session.end(cause)
            self._go_on(data)

    def _any_time(self, data: st.DataObject, what: str) -> None:
        """What may happen between requests and in the middle of one."""
        match what:
            case "lost":
                self.session.desktop_lost()
            case "bound":
                self.session.desktop_bound()
            case "time":
                self.session.wait(data.draw(st.sampled_from([1.0, 31.0, 301.0])))
            case "end":
                self.session.end(data.draw(st.sampled_from(DisposalCause)))

    def _go_on(self, data: st.DataObject) -> None:
        """Let the platform answer until nothing is asked of it; begin a new session where this one is over."""
        session = self.session
        while (doing := session.doing) is not None:
            assert doing.call is not None
            session.check()
            used = {channel["endpoint"] for channel in session.model.channels()}
            used |= {at for outcome in doing.outcomes if isinstance(outcome, Granted) for at in _endpoints_in(outcome)}
            match data.draw(st.sampled_from(HAPPENS), label=f"then, asked {doing.call}"):
                case "answer":
                    session.answer(data.draw(strategies.good_answers(doing.call, frozenset(used))))
                case "nonsense":
                    session.nonsense(data.draw(strategies.nonsense_answers(doing.call, frozenset(used))))
                case "refusal":
                    session.refuse(data.draw(strategies.refusals))
                case what:
                    self._any_time(data, what)
        if session.over:
            self._note_seen()
            self.session = SideBySide(session.features, session.wanted, session.settings)

    # What always holds

    @invariant()
    def nothing_differs(self) -> None:
        if hasattr(self, "session"):
            self.session.check()

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.check_replay()
            self._note_seen()

    def _note_seen(self) -> None:
        for what in self.session.seen:
            event(what)


TestCoreWalk = CoreWalk.TestCase
TestCoreWalk.settings = settings(max_examples=4 * settings().max_examples)

HAPPENS = ("answer",) * 16 + ("refusal",) * 2 + ("nonsense",) * 4 + ("lost", "bound", "time", "end")
"""What happens while the platform is asked, the usual things more often."""


def _endpoints_in(outcome: Granted) -> list[str]:
    """The endpoints of the channels in a platform's answer."""
    answer: Any = outcome.value
    channels = [*getattr(answer, "channels", ())]
    for group in getattr(answer, "groups", ()):
        channels += group.channels
    return [channel.endpoint for channel in channels]
