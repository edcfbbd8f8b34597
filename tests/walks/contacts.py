"""What a platform's word about an interaction brings about in the model: whether it can be, and what is told.

The model keeps the platform's last word about each interaction and each leg, and lays the next one beside it.
"""

from collections.abc import Collection

import attrs

from protocol.platform import OVER, ChannelReport, InteractionReport, LegReport
from protocol.states import ConversationState as Leg
from protocol.states import ConversationType, EndCause
from protocol.states import InteractionState as It
from tests.walks.capabilities import Capabilities
from tests.walks.telling import (
    about,
    completion,
    conversation_bracket,
    conversation_info,
    data_changed,
    ended,
    interaction_bracket,
    leg_changed,
    leg_ended,
    pair,
    updated,
)
from tests.walks.words import STATE_FACTS, Settled, Tell, Thing, Told

STEPS = {It.ALERTING: 0, It.DIALING: 0, It.STARTED: 1, It.ENDED: 2, It.COMPLETED: 3}
"""How far an interaction has come: it may skip steps, and never goes back."""

RINGING = (Leg.ALERTING, Leg.DIALING)

WRAPUP_LEAST_S = 1.0

FORGOTTEN_AFTER_S = 1.0
"""How long the last report of an interaction that the platform knows no longer may be on the way."""


@attrs.define
class _Before:
    """An interaction as it was, and how its legs went on from there."""

    report: InteractionReport
    commands: frozenset[str]
    focus: Thing | None
    staying: dict[Thing, LegReport] = attrs.field(factory=dict)
    """As they were before."""
    ending: list[Thing] = attrs.field(factory=list)
    beginning: list[Thing] = attrs.field(factory=list)
    answered: bool = False
    """A leg was answered."""

    @property
    def over(self) -> bool:
        return self.report.state in OVER


class Contacts(Capabilities):
    """Interactions and conversations, as reports make them."""

    def interaction_at(self, channel: Thing, key: str) -> Thing | None:
        """By the platform's id."""
        return next((it for it in self.interactions(channel) if it["report"].id == key), None)

    def reported_interaction(self, report: InteractionReport) -> Told | None:
        """The platform tells of an interaction: a report that is sound in itself. None: it is dropped."""
        channel = self.channel_at(report.endpoint)
        if self.state != "INITIALIZED" or channel is None or not self.possible(channel, report):
            return None
        return self.take_in(channel, report)

    def possible(self, channel: Thing, report: InteractionReport) -> bool:
        """Can it be, after all that the platform has said before?"""
        if report.type != channel["type"] or report.id in channel["completed"]:
            return False
        known = self.interaction_at(channel, report.id)
        talks_elsewhere = any(
            leg["state"] == Leg.CONNECTED
            for it in self.interactions(channel)
            if it is not known
            for leg in self.legs(it)
        )
        if talks_elsewhere and any(leg.state == Leg.CONNECTED for leg in report.legs):
            return False
        if known is None:
            return report.state != It.COMPLETED
        before = known["report"].state
        if before != report.state and STEPS[before] >= STEPS[report.state]:
            return False
        return all(self._possible_leg(known, leg) for leg in report.legs)

    def _possible_leg(self, interaction: Thing, report: LegReport) -> bool:
        if report.id in interaction["ended legs"]:
            return False
        for leg in self.legs(interaction):
            if leg["leg"].id == report.id:
                rings_anew = report.state in RINGING and leg["state"] != report.state
                demoted = leg["leg"].type == ConversationType.PRIMARY and report.type == ConversationType.CONSULT
                return not (rings_anew or demoted)
        return True

    # Taking in

    def take_in(self, channel: Thing, report: InteractionReport, always: Collection[object] = ()) -> Told:
        """A possible report. `always`: what a command promises to tell even where it has not changed.

        That is "data", "recording", or a leg.
        """
        commands = {group: self.capabilities(group) for group in self.groups()}
        facts = {fact: channel[fact] for fact in STATE_FACTS}
        if report.channel is not None:
            self.learn(channel, report.channel)
        known = self.interaction_at(channel, report.id)
        if known is None:
            events = [*pair(channel), *self.begin(channel, report)]
        else:
            changed = facts != {fact: channel[fact] for fact in STATE_FACTS}
            events = self._go_on(known, report, always, channel_changed=changed)
        return events + [updated(group) for group, before in commands.items() if self.capabilities(group) != before]

    def learn(self, channel: Thing, report: ChannelReport) -> None:
        channel.facts.update({fact: getattr(report, fact) for fact in STATE_FACTS})

    def begin(self, channel: Thing, report: InteractionReport) -> Told:
        """An interaction that is new to the session."""
        heard = frozenset(message.id for message in report.transcript)
        it = Thing(
            "interaction", None, channel, {"report": report, "focus": None, "posts": heard, "typing": frozenset()}
        )
        it.facts |= {"ended legs": frozenset(), "complete_at": None, "forget_at": None}
        self.things.append(it)
        legs = [self._begin_leg(it, leg) for leg in report.legs]
        self._move_focus(it)
        self.set_timer(it)
        return interaction_bracket(it, legs)

    def _begin_leg(self, interaction: Thing, report: LegReport) -> Thing:
        leg = Thing("conversation", None, interaction, {"leg": report, "state": report.state})
        self.things.append(leg)
        return leg

    def _go_on(
        self, it: Thing, report: InteractionReport, always: Collection[object], *, channel_changed: bool
    ) -> Told:
        old = _Before(it["report"], self.capabilities(it), it["focus"])
        # An interaction ends once, with one cause; a disposition that was said stays, until there is another.
        said = report.disposition or old.report.disposition
        it["report"] = attrs.evolve(report, cause=old.report.cause, disposition=said) if old.over else report
        it["forget_at"] = None
        self._legs_go_on(it, report, old)
        if report.state not in OVER:
            self._move_focus(it)
        elif old.ending:
            it["focus"] = old.ending[-1]
        if not old.over or report.wrapup_s != old.report.wrapup_s:
            self.set_timer(it)
        if report.state == It.COMPLETED:
            self.things.remove(it)
            it.owner["completed"] |= {report.id}
        return self._told_of(it, old, always, channel_changed=channel_changed)

    def _legs_go_on(self, it: Thing, report: InteractionReport, old: "_Before") -> None:
        now = {leg.id: leg for leg in report.legs}
        for leg in self.legs(it):
            before: LegReport = leg["leg"]
            if before.id in now:
                old.staying[leg] = before
                after = now.pop(before.id)
                same = set(after.members) == set(before.members)
                # Who began it cannot change, and in what order its members are told says nothing.
                leg["leg"] = attrs.evolve(
                    after, direction=before.direction, members=before.members if same else after.members
                )
                old.answered |= before.state in RINGING and after.state not in RINGING
                leg["state"] = after.state
            else:
                old.ending.append(leg)
                leg["state"] = Leg.ENDED
                it["ended legs"] |= {before.id}
                self.things.remove(leg)
        old.beginning += [self._begin_leg(it, leg) for leg in now.values()]

    def _told_of(self, it: Thing, old: "_Before", always: Collection[object], *, channel_changed: bool) -> Told:
        report: InteractionReport = it["report"]
        over = report.state in OVER
        ends = over and not old.over
        came_or_went = bool(old.ending or old.beginning)
        events: Told = []
        if (old.report.contact, old.report.direction) != (report.contact, report.direction):
            events.append(about("interaction.infochanged", it, old.report.state))
        events += self._told_of_legs(it, old, always, over=over)
        if not over and (came_or_went or it["focus"] is not old.focus):
            events.append(about("interaction.focuschanged", it))
        started = report.state == It.STARTED != old.report.state
        recorded_otherwise = "recording" in always or report.recording != old.report.recording
        goes_on = not ends and report.state != It.COMPLETED
        another = started or came_or_went or old.answered or recorded_otherwise or self.capabilities(it) != old.commands
        if goes_on and another:
            events.append(updated(it))
        if started:
            events.append(about("interaction.started", it))
        keys = {**old.report.data, **report.data}
        changed = [key for key in keys if old.report.data.get(key) != report.data.get(key)]
        if changed or "data" in always:
            events.append(data_changed(it, changed))
        if ends:
            events.append(ended(it))
        if ends and report.state == It.ENDED:
            events += [updated(it), *pair(it.owner)]
        if report.state == It.COMPLETED:
            events += completion(it)
        elif channel_changed and not ends:
            events += pair(it.owner)
        return events

    def _told_of_legs(self, it: Thing, old: "_Before", always: Collection[object], *, over: bool) -> Told:
        events: Told = []
        for leg, before in sorted(old.staying.items(), key=lambda each: each[0]["state"] != Leg.HELD):
            gone = [member for member in before.members if member not in leg["leg"].members]
            come = [member for member in leg["leg"].members if member not in before.members]
            if gone or come or leg in always or leg["state"] != before.state:
                events += leg_changed(leg, gone, come)
        for leg in old.ending:
            events += leg_ended(leg)
            if over and leg is not old.ending[-1]:
                events.append(about("interaction.focuschanged", it, old.report.state))
        for leg, before in old.staying.items():
            if leg["leg"].type != before.type:
                events.append(Tell("conversation.infochanged", leg, {"conversation": conversation_info(leg)}))
        return events + [event for leg in old.beginning for event in conversation_bracket(leg)]

    def _move_focus(self, it: Thing) -> None:
        """To the leg that talks, else the one that rings; else it stays where it was."""
        legs = self.legs(it)
        talking = [leg for leg in legs if leg["state"] == Leg.CONNECTED]
        ringing = [leg for leg in legs if leg["state"] in RINGING]
        stays = [it["focus"]] if it["focus"] in legs else []
        it["focus"] = next(iter([*talking, *ringing, *stays, *legs]), None)

    # Wrap-up

    def set_timer(self, it: Thing) -> None:
        """Where the platform does not end the wrap-up by itself, it is over after so many seconds from now."""
        report = it["report"]
        if report.state == It.ENDED:
            it["complete_at"] = None if report.wrapup_s is None else self.now + max(report.wrapup_s, WRAPUP_LEAST_S)

    def doubt(self, it: Thing) -> None:
        """The platform says that it knows it no longer; its last report may be on the way."""
        if it["forget_at"] is None:
            it["forget_at"] = self.now + FORGOTTEN_AFTER_S

    def forget(self, target: str) -> Settled:
        """It does not: nothing of it is left behind."""
        it = self.find(target)
        assert it is not None
        report: InteractionReport = it["report"]
        last = attrs.evolve(
            report,
            state=It.COMPLETED,
            cause=report.cause or EndCause.FAILED,
            legs=(),
            wrapup_s=None,
            channel=None,
        )
        events = self.take_in(it.owner, last)
        it.owner["completed"] -= {report.id}  # should the platform tell of it again, that is one anew
        return Settled(events=events)
