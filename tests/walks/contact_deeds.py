"""What a walk can do with interactions: what agents ask about them, and what a platform tells of them."""

from typing import Any

import attrs
from hypothesis import strategies as st

from protocol.commands import COMMANDS
from protocol.platform import InteractionReport, Post
from protocol.states import ChannelType, InteractionState
from tests.strategies import Dice
from tests.walks import nonsense, reports
from tests.walks.side_by_side import SESSION
from tests.walks.walking import Walk
from tests.walks.words import Thing

FINISHING = frozenset(
    (
        "interaction.reject",
        "interaction.release",
        "interaction.transfer",
        "interaction.reply",
        "conversation.release",
        "conversation.blindtransfer",
    )
)
"""What ends an interaction is asked for less often, or no walk would come far."""

WEIGHTS = {
    "interaction.accept": 4,
    "interaction.consult": 3,
    "interaction.alternate": 6,
    "interaction.consultconference": 3,
    "interaction.consulttransfer": 3,
    "interaction.complete": 2,
    "interaction.message.send": 2,
    "conversation.answer": 4,
}
"""What leads on is asked for more often."""


class ContactDeeds(Walk):
    """Each deed is one thing that happens, with all that follows from it."""

    # Requests

    def contact_requests(self, data: st.DataObject) -> None:
        """Some, one after the other, each about whatever is there then."""
        for _ in range(data.draw(st.integers(1, 4), label="requests")):
            self._contact_request(data)

    def _contact_request(self, data: st.DataObject) -> None:
        """A command that is open, most of the time."""
        model = self.session.model
        there = [thing for thing in model.things if thing.kind in ("interaction", "conversation")]
        if not there:
            self.begin_one(data)
            return

        def choose(dice: Dice) -> tuple[str, str]:
            thing = dice.pick(there if dice.one_in(2) else model.interactions())
            target = str(thing.target)
            if dice.one_in(20):
                target = dice.pick([*sorted(self.session.client.gone), f"{SESSION}.x", f"{SESSION}.c1.x.y"])
            return self._command(dice, thing), target

        self.send(data, choose)

    def _command(self, dice: Dice, thing: Thing) -> str:
        is_open = sorted(self.session.model.capabilities(thing))
        if dice.one_in(8) or not is_open:
            return dice.pick([row.name for row in COMMANDS.values() if row.kind == thing.kind])
        gentle = [command for command in is_open if command not in FINISHING for _ in range(WEIGHTS.get(command, 1))]
        return dice.pick(is_open if dice.one_in(6) or not gentle else gentle)

    # Reports

    def begin_one(self, data: st.DataObject) -> None:
        """Something reaches a channel, or is begun there."""
        channels = self.session.model.channels()

        def make(dice: Dice) -> InteractionReport | None:
            if not channels:
                return None
            phones = [channel for channel in channels if channel["type"] == ChannelType.TELEPHONY]
            channel = dice.pick(phones if phones and dice.one_in(3) else channels)
            key = f"i{dice.below(9) if dice.one_in(10) else dice.fresh()}"
            talks = self.talks(channel) and not dice.one_in(6)
            report = reports.beginning(dice, channel["endpoint"], channel["type"], key, talks=talks)
            return reports.with_channel(dice, report)

        report = self.roll(data, make, "begins")
        if report is not None:
            self._tell(report)

    def _tell(self, report: InteractionReport) -> None:
        self.note_said(report)
        self.session.report_interaction(report)

    def go_on_with_one(self, data: st.DataObject) -> None:
        """As a sound platform tells it: one step or several, and every now and then the same again."""
        there = self.session.model.interactions()
        if not there:
            self.begin_one(data)
            return

        def make(dice: Dice) -> tuple[InteractionReport, int]:
            it = dice.pick(there)
            talks = self.talks(it.owner, it) and not dice.one_in(6)
            report = reports.going_on(dice, it["report"], talks=talks, steps=dice.pick((1, 1, 1, 1, 2, 3)))
            return reports.with_channel(dice, report), dice.pick((1, 1, 1, 2))

        report, times = self.roll(data, make, "goes on")
        for _ in range(times):
            self._tell(report)

    def go_on_in_odd_ways(self, data: st.DataObject) -> None:
        """Late, at the wrong endpoint, of the wrong type, about what never was or is over; or what cannot be at all."""
        model = self.session.model
        there = [it["report"] for it in model.interactions()] + self.said
        if not there:
            return
        ended = [(it["report"], key) for it in model.interactions() for key in sorted(it["ended legs"])]
        endpoints = [*(channel["endpoint"] for channel in model.channels()), "9999"]

        def make(dice: Dice) -> tuple[str, InteractionReport]:
            report = attrs.evolve(dice.pick(there), channel=None)
            what = dice.pick(("late", "late", "elsewhere", "never was", "impossible", "impossible", "a leg again"))
            match what:
                case "elsewhere":
                    return what, attrs.evolve(report, endpoint=dice.pick(endpoints))
                case "never was":
                    over = reports.ending(dice, InteractionState.COMPLETED)
                    return what, attrs.evolve(report, id=f"i{dice.fresh()}", **over)
                case "impossible":
                    return what, nonsense.spoilt(dice, report)
                case "a leg again" if ended:
                    report, key = dice.pick(ended)
                    first, *others = report.legs or (None,)
                    again = (attrs.evolve(first, id=key), *others) if first else ()
                    return what, attrs.evolve(report, legs=again, channel=None)
                case _:
                    return what, report

        what, report = self.roll(data, make, "odd")
        if what == "impossible":
            self.session.impossible_report(report)
        else:
            self._tell(report)

    def something_comes_up(self, data: st.DataObject) -> None:
        """In a chat or an email most of the time; under an id that came before every now and then."""
        there = self.session.model.interactions()
        media = [it for it in there if it["report"].type != ChannelType.TELEPHONY]
        if not media:
            self.go_on_with_one(data)
            return

        def make(dice: Dice) -> list[Post]:
            it = dice.pick(there if dice.one_in(8) else media)
            return [self._post(dice, it["report"]) for _ in range(dice.pick((1, 2, 3)))]

        for post in self.roll(data, make, "comes up"):
            self.posts.append(post.id)
            self.session.post(post)

    def _post(self, dice: Dice, report: InteractionReport) -> Post:
        key = dice.pick(self.posts) if self.posts and dice.one_in(6) else f"n{dice.fresh()}"
        post = reports.post(dice, report, key)
        changes: dict[str, Any] = dice.pick(({"interaction": "another"}, {"endpoint": "9999"}))
        return attrs.evolve(post, **changes) if dice.one_in(15) else post
