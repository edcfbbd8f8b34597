"""Any input at any time: the core says what the model of the specification says, and a client can follow it."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from protocol.errors import FailureCode
from protocol.platform import ChannelReport, Feature
from protocol.states import DisposalCause
from statemachines.settings import CoreSettings
from tests import strategies
from tests.strategies import Dice
from tests.walks.contact_deeds import ContactDeeds
from tests.walks.places import ENDPOINTS, GROUP_NAMES, channel_report, impossible_channel
from tests.walks.requests import data_for
from tests.walks.side_by_side import SESSION

FEATURES = sorted(Feature)

ENVELOPE = ("command", "no command", "target", "no target", "requestid", "data")


class CoreWalk(ContactDeeds):
    """The core against the model: same refusals, same events in the same order, same world."""

    @initialize(
        lacking=st.frozensets(st.sampled_from(FEATURES), max_size=2),
        wanted=st.lists(st.sampled_from(GROUP_NAMES), max_size=2),
        debug=st.booleans(),
    )
    def begin(self, lacking: frozenset[Feature], wanted: list[str], debug: bool) -> None:
        self.begin_session(frozenset(FEATURES) - lacking, tuple(wanted), CoreSettings(debug=debug))

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
        model = self.session.model
        message = self.roll(
            data, lambda dice: self.message(dice, command, SESSION, data_for(dice, model, command, SESSION)), "request"
        )
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
        message = self.roll(data, lambda dice: self.message(dice, name, SESSION, {}), "request")
        self.session.bad_request(message, FailureCode.UNKNOWN_COMMAND)

    def _request(self, data: st.DataObject, command: str) -> None:
        """To an object of its kind if there is one, most of the time."""
        session, model = self.session, self.session.model
        there = [str(thing.target) for thing in (model.session, *model.things) if command.startswith(f"{thing.kind}.")]
        others = [SESSION, f"{SESSION}.x", *sorted(session.client.gone), *[str(thing.target) for thing in model.things]]

        def choose(dice: Dice) -> tuple[str, str]:
            asked = command
            if model.state == "PREPARED" and not dice.one_in(4):
                asked = "session.start"
            elif command == "session.logout" and not dice.one_in(4):
                asked = "session.addchannelgroup"
            kind = asked.split(".")[0]
            if kind == "session" and not dice.one_in(10):
                return asked, SESSION
            return asked, dice.pick(others if dice.one_in(10) else there or others)

        self.send(data, choose)

    # What else happens

    @rule(data=st.data())
    def platform_reports(self, data: st.DataObject) -> None:
        """Of a channel of the session most of the time, and every now and then the same again."""
        known = [(channel["endpoint"], channel["type"]) for channel in self.session.model.channels()]

        def make(dice: Dice) -> tuple[ChannelReport, int]:
            endpoint, kind = dice.pick(known or [(at, None) for at in ENDPOINTS])
            return channel_report(dice, endpoint, kind), dice.pick((1, 1, 2))

        report, times = self.roll(data, make, "report")
        for _ in range(times):
            self.session.report(report)

    @rule(data=st.data())
    def platform_reports_what_may_not_be(self, data: st.DataObject) -> None:
        """Of a channel that nobody knows, perhaps; or what cannot be."""

        def make(dice: Dice) -> ChannelReport:
            endpoint = dice.pick(ENDPOINTS)
            return impossible_channel(dice, endpoint) if dice.one_in(2) else channel_report(dice, endpoint)

        report = self.roll(data, make, "report")
        if report.problem():
            self.session.impossible_report(report)
        else:
            self.session.report(report)

    @rule(data=st.data(), what=st.sampled_from(["requests", "requests", "begins", "goes on", "odd", "comes up"]))
    def contacts(self, data: st.DataObject, what: str) -> None:
        """Interactions that come in between."""
        deeds: dict[str, Any] = {
            "requests": self.contact_requests,
            "begins": self.begin_one,
            "goes on": self.go_on_with_one,
            "odd": self.go_on_in_odd_ways,
            "comes up": self.something_comes_up,
        }
        deeds[what](data)

    @rule(data=st.data(), what=st.sampled_from(["lost", "bound", "bound", "bound anew"]))
    def desktop(self, data: st.DataObject, what: str) -> None:
        if what == "bound anew":
            self.session.desktop_bound_anew()
        else:
            self.any_time(data, what)

    @rule(data=st.data(), seconds=st.sampled_from([0.0, 1.0, 29.0, 30.0, 31.0, 270.0]))
    def time_passes(self, data: st.DataObject, seconds: float) -> None:
        self.session.wait(seconds)
        self.go_on(data)

    @rule(data=st.data())
    def desktop_away(self, data: st.DataObject) -> None:
        """For as long as ready channels are left ready."""
        self.session.desktop_lost()
        self.session.wait(self.session.settings.not_ready_after_s)
        self.go_on(data)

    @rule(data=st.data(), cause=st.sampled_from(DisposalCause))
    def end(self, data: st.DataObject, cause: DisposalCause) -> None:
        if data.draw(strategies.one_in(3)):
            self.session.end(cause)
            self.go_on(data)


TestCoreWalk = CoreWalk.TestCase
TestCoreWalk.settings = settings(max_examples=2 * settings().max_examples)
