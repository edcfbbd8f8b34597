"""Agents at work: the core says of interactions and conversations what the model of the specification says."""

import math
from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from protocol.platform import ChannelReport, Feature, GroupReport, Snapshot
from protocol.states import AgentState, ChannelType, LoginState
from statemachines.settings import CoreSettings
from tests import strategies
from tests.strategies import Dice
from tests.walks.contact_deeds import ContactDeeds
from tests.walks.places import channel_report
from tests.walks.side_by_side import SESSION
from tests.walks.walking import HAPPENS

FEATURES = sorted(Feature)

FEW = 2

PHONE = ChannelReport(
    endpoint="4001",
    type=ChannelType.TELEPHONY,
    name="Desk phone",
    loginstate=LoginState.ACTIVE,
    agentstate=AgentState.READY,
)

CHAT = attrs.evolve(PHONE, endpoint="4002", type=ChannelType.CHAT)

EVERYTHING = GroupReport(
    name="Sales",
    channels=tuple(attrs.evolve(PHONE, endpoint=f"Sa{n}", type=kind) for n, kind in enumerate(ChannelType, 1)),
)

DESKS = {
    "a phone": Snapshot(agent_name="Ann Example", channels=(PHONE,)),
    "a chat": Snapshot(agent_name="Ann Example", channels=(CHAT,)),
    "everything": Snapshot(agent_name="Ann Example", groups=(EVERYTHING,), channels=(PHONE, CHAT)),
}
"""Where agents sit. With less to do at once, a walk comes further."""


class ContactWalk(ContactDeeds):
    """The core against the model, at a desk where work comes in."""

    desk: Snapshot
    happens = HAPPENS[:16] * 2 + HAPPENS[16:-1]

    @initialize(
        desk=st.sampled_from(["a phone", "a chat", "everything"]),
        lacking=st.frozensets(st.sampled_from(FEATURES), max_size=2) | st.just(frozenset()),
        debug=st.booleans(),
    )
    def begin(self, desk: str, lacking: frozenset[Feature], debug: bool) -> None:
        self.desk = DESKS[desk]
        self.begin_session(frozenset(FEATURES) - lacking, (), CoreSettings(debug=debug))

    def begin_session(self, features: Any, wanted: tuple[str, ...], settings: CoreSettings) -> None:
        super().begin_session(features, wanted, settings)
        self.session.desktop_bound()
        self.session.request({"command": "session.start", "target": SESSION})
        self.session.answer(self.desk)

    # Interactions

    @rule(data=st.data())
    def requests(self, data: st.DataObject) -> None:
        self.contact_requests(data)

    @rule(data=st.data())
    def more_requests(self, data: st.DataObject) -> None:
        self.contact_requests(data)

    @rule(data=st.data())
    def interaction_begins(self, data: st.DataObject) -> None:
        """With more than a few, new ones come less often."""
        if len(self.session.model.interactions()) < FEW or data.draw(strategies.one_in(4), label="one more"):
            self.begin_one(data)
        else:
            self.go_on_with_one(data)

    @rule(data=st.data())
    def interaction_goes_on(self, data: st.DataObject) -> None:
        self.go_on_with_one(data)

    @rule(data=st.data())
    def interaction_goes_on_in_odd_ways(self, data: st.DataObject) -> None:
        self.go_on_in_odd_ways(data)

    @rule(data=st.data())
    def comes_up(self, data: st.DataObject) -> None:
        self.something_comes_up(data)

    # What is around them

    @rule(data=st.data())
    def channels(self, data: st.DataObject) -> None:
        """A request, or a report of one, logged in most of the time."""
        channels = self.session.model.channels()

        def make(dice: Dice) -> ChannelReport | None:
            if not channels or dice.one_in(2):
                return None
            channel = dice.pick(channels)
            return channel_report(
                dice, channel["endpoint"], channel["type"], None if dice.one_in(6) else LoginState.ACTIVE
            )

        report = self.roll(data, make, "channel")
        if report is None:
            self._channel_request(data)
        else:
            self.session.report(report)

    def _channel_request(self, data: st.DataObject) -> None:
        """Anything that is open at a channel, or at its group or the session every now and then."""
        model = self.session.model

        def choose(dice: Dice) -> tuple[str, str]:
            kinds = ("channelgroup", "session") if dice.one_in(4) else ("channel",)
            there = [thing for thing in (model.session, *model.things) if thing.kind in kinds]
            thing = dice.pick(there or [model.session])
            commands = sorted(model.capabilities(thing)) or ["channel.activate"]
            return dice.pick([each for each in commands if not each.startswith("session.remove")]), str(thing.target)

        self.send(data, choose)

    @rule(data=st.data(), seconds=st.sampled_from([None, None, 0.0, 1.0, 10.0, 45.0]))
    def time_passes(self, data: st.DataObject, seconds: float | None) -> None:
        """None: until something is due."""
        due = self.session.model.deadline() - self.session.now
        self.session.wait(due if seconds is None and due < math.inf else seconds or 0.0)
        self.go_on(data)


TestContactWalk = ContactWalk.TestCase
TestContactWalk.settings = settings(max_examples=3 * settings().max_examples // 2)
