"""Three agents, their customers and their phones do anything at any time, and the platform answers when it likes.

At rest every session knows exactly what the switch has, and every promise to clients has been kept on the way; in the
end nothing is left behind.
"""

from collections.abc import Callable
from functools import partial

import msgspec
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.adapters.simulator.callers import CallScript
from protocol.commands import COMMANDS
from protocol.errors import Refused
from protocol.states import ConversationState, InteractionState
from statemachines.capabilities import open_now
from statemachines.contact import Conversation, Interaction
from statemachines.world import AnyObject
from tests import strategies
from tests.floor.floor import Floor, JsonObject, Seat
from tests.floor.stories import path
from tests.floor.words import AGENTS, CAPACITY, DATA, DESTINATIONS, PHONE_ACTIONS, SETTINGS

agents = st.sampled_from(sorted(AGENTS))

ENDINGS = ("interaction.reject", "interaction.release", "conversation.release", "interaction.reply")
"""Not asked for when something open is chosen; chosen among all, they come often enough."""
FAVOURED = {
    "interaction.consult": 8,
    "interaction.consultconference": 3,
    "interaction.alternate": 3,
    "interaction.transfer": 3,
    "interaction.message.send": 3,
    "conversation.retrieve": 3,
    "interaction.recording.start": 2,
}
"""How many times as often as others these are chosen: what they lead to is rare otherwise."""

OUTCOMES = ("answered", "abandoned", "turned_away", "overflowed", "failed")
REST_AFTER_S = 400.0
"""By then every patience, ringing, overflow and wrap-up of the settings is over."""


class FloorWalk(RuleBasedStateMachine):
    """Any order of events: sessions and switch agree at rest, and all interactions end."""

    floor: Floor

    @initialize(sides=st.sampled_from(["phones", "media", "both", "both"]))
    def begin(self, sides: str) -> None:
        self.floor = Floor(SETTINGS)
        self.contacts: list[str] = []
        self.chats: list[str] = []
        self.letters: list[str] = []
        """Emails and callbacks."""
        self.sides = sides
        for agent in AGENTS:
            self._sit_down(agent)

    def _sit_down(self, agent: str) -> None:
        """Whatever the agent has already is in the session; what is missing is added."""
        seat = self.floor.sit_down(agent)
        there = {channel.endpoint for channel in seat.channels()}
        if self.sides != "media" and AGENTS[agent] not in there:
            seat.ask("session.addchannel", "", {"channel": {"endpoint": AGENTS[agent], "type": "Telephony"}})
        if self.sides != "phones" and not seat.core.session.groups:
            group = {"name": "Media", "chat": True, "email": True, "callback": True}
            seat.ask("session.addchannelgroup", "", {"channelgroup": group})
        self.floor.settle()
        for channel in seat.channels():
            if not channel.active:
                seat.ask("channel.activate", path(seat, channel))
            seat.ask("channel.ready", path(seat, channel))
            self.floor.settle()
        seat.heard = self._note_command

    # Agents at their desktops

    def _work(self) -> list[tuple[Seat, AnyObject]]:
        """What agents are engaged in: interactions that are not over, and their legs."""
        return [
            (seat, subject)
            for seat in self._seats()
            for it in seat.interactions()
            for subject in (it, *it.conversations.values())
        ]

    def _offered(self) -> list[tuple[Seat, AnyObject]]:
        return [
            (seat, subject)
            for seat, subject in self._work()
            if isinstance(subject, Interaction) and subject.state is InteractionState.ALERTING
        ]

    @precondition(lambda self: self._work())
    @rule(data=st.data())
    def request(self, data: st.DataObject) -> None:
        self._request(data, *data.draw(st.sampled_from(self._work()), label="subject"))

    @precondition(lambda self: self._work())
    @rule(data=st.data())
    def another_request(self, data: st.DataObject) -> None:
        self._request(data, *data.draw(st.sampled_from(self._work()), label="subject"))

    @precondition(lambda self: self._work())
    @rule(data=st.data())
    def request_about_the_latest(self, data: st.DataObject) -> None:
        self._request(data, *self._work()[-1])

    @rule(data=st.data(), agent=agents, command=st.sampled_from(["channel.dial", "channel.ready", "channel.notready"]))
    def channel_request(self, data: st.DataObject, agent: str, command: str) -> None:
        seat = self.floor.seats[agent]
        channel = data.draw(st.sampled_from(seat.channels()), label="channel")
        self._send(data, seat, channel, command)

    @precondition(lambda self: self._offered())
    @rule(data=st.data())
    def accept_what_is_offered(self, data: st.DataObject) -> None:
        self._send(data, *data.draw(st.sampled_from(self._offered())), "interaction.accept")

    # The beginnings of long stories, so that walks come far

    @rule(data=st.data(), agent=agents)
    def a_call_is_taken(self, data: st.DataObject, agent: str) -> None:
        self.floor.settle()
        self._try(lambda: self.contacts.append(self.floor.switch.call(AGENTS[agent], "+15550199", {"order": "2"})))
        self.floor.settle()
        self._accept_all()

    @rule(queue=st.sampled_from(["Sales", "Service"]))
    def a_chat_is_taken(self, queue: str) -> None:
        self.floor.settle()
        self._try(lambda: self.chats.append(self.floor.switch.chat(queue, "Eve", {"page": "/"})))
        self.floor.settle()
        self._accept_all()

    @precondition(lambda self: self._free_to_consult())
    @rule(data=st.data(), agent=agents, answered=st.sampled_from([True, True, False]))
    def a_colleague_is_consulted(self, data: st.DataObject, agent: str, answered: bool) -> None:
        self.floor.settle()
        for seat, it in self._free_to_consult()[-1:]:
            seat.ask("interaction.consult", path(seat, it), {"destination": AGENTS[agent]})
            self.floor.settle()
            if answered:
                self._accept_all()

    def _free_to_consult(self) -> list[tuple[Seat, Interaction]]:
        return [
            (seat, it)
            for seat, it in self._work()
            if isinstance(it, Interaction) and it.is_call and it.state is InteractionState.STARTED and not it.consult
        ]

    def _accept_all(self) -> None:
        for seat, it in self._offered():
            seat.ask("interaction.accept", path(seat, it))
        self.floor.settle()

    @precondition(lambda self: self._consults())
    @rule(data=st.data(), command=st.sampled_from(["consulttransfer", "consultconference", "alternate"]))
    def go_on_with_a_consult(self, data: st.DataObject, command: str) -> None:
        seat, it = data.draw(st.sampled_from(self._consults()))
        self._send(data, seat, it, f"interaction.{command}")

    def _consults(self) -> list[tuple[Seat, Interaction]]:
        return [(seat, it) for seat, it in self._work() if isinstance(it, Interaction) and it.consult is not None]

    def _request(self, data: st.DataObject, seat: Seat, subject: AnyObject) -> None:
        """Something that is open to it, most of the time."""
        fitting = [name for name, row in COMMANDS.items() if row.kind is subject.kind]
        open_ones = [name for name in open_now(subject, seat.core.session.features) if name not in ENDINGS]
        wild = not open_ones or data.draw(strategies.one_in(4), label="wild")
        weighed = [name for name in open_ones for _ in range(FAVOURED.get(name, 1))]
        self._send(data, seat, subject, data.draw(st.sampled_from(fitting if wild else weighed), label="command"))

    def _send(self, data: st.DataObject, seat: Seat, subject: AnyObject, command: str) -> None:
        """It is answered at once, or stays under way while other things happen."""
        body = data.draw(st.sampled_from(DATA.get(command, ({},))), label="data")
        at_once = data.draw(st.booleans(), label="at once")
        is_open = command in open_now(subject, seat.core.session.features)
        seat.ask(command, path(seat, subject), body, sure=at_once and is_open and not self.floor.under_way)
        if at_once:
            self.floor.settle()

    @precondition(lambda self: any(seat.waits for seat in self._seats()))
    @rule(data=st.data())
    def platform_answers(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from([seat for seat in self._seats() if seat.waits])).platform_answers()

    @precondition(lambda self: any(seat.busy and not seat.waits for seat in self._seats()))
    @rule(data=st.data())
    def session_hears(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from([seat for seat in self._seats() if seat.busy])).run()

    @precondition(lambda self: self.floor.under_way)
    @rule()
    def all_settles(self) -> None:
        self.floor.settle()

    @rule(seconds=st.sampled_from([0.0, 1.0, 3.0, 11.0, 25.0, 70.0]), settling=st.booleans())
    def time_passes(self, seconds: float, settling: bool) -> None:
        self.floor.pass_time(seconds, settling=settling)

    @rule(agent=agents, rarely=strategies.one_in(3))
    def processor_is_started_again(self, agent: str, rarely: bool) -> None:
        if rarely:
            self.floor.seats[agent].restart()

    @rule(rarely=strategies.one_in(4), after_s=st.sampled_from([0.0, 3.0, 70.0]))
    def platform_is_lost(self, rarely: bool, after_s: float) -> None:
        """All sessions end, the switch goes on, and after a while the agents are there again."""
        if not rarely:
            return
        seats = self._seats()
        self.floor.switch.lose()
        for seat in seats:
            assert msgspec.json.decode(seat.journal[-1])["data"]["cause"] == "PLATFORM_LOST"
        self.floor.pass_time(after_s)
        for agent in AGENTS:
            self._sit_down(agent)

    # Hands at the phones

    @rule(data=st.data(), extension=st.sampled_from([*AGENTS.values(), "4900"]), action=st.sampled_from(PHONE_ACTIONS))
    def at_the_phone(self, data: st.DataObject, extension: str, action: str) -> None:
        details = {"destination": data.draw(st.sampled_from(DESTINATIONS))} if action == "dial" else {}
        self._try(lambda: self.floor.switch.phone(extension, action, **details))

    # Customers

    @rule(data=st.data(), to=st.sampled_from([*AGENTS.values(), "4910", "Service"]))
    def caller_calls(self, data: st.DataObject, to: str) -> None:
        script = data.draw(st.sampled_from([None, CallScript(patience_s=30.0), CallScript(talks_s=30.0)]))
        attached = data.draw(st.sampled_from([None, {"order": "1"}, {"who": {"name": "Eve"}}]))
        self._try(lambda: self.contacts.append(self.floor.switch.call(to, "+15550100", attached, script)))

    @precondition(lambda self: self.contacts)
    @rule(data=st.data(), really=strategies.one_in(3))
    def caller_hangs_up(self, data: st.DataObject, really: bool) -> None:
        contact = data.draw(st.sampled_from(self.contacts))
        if really:
            self._try(lambda: self.floor.switch.hangup(contact))

    @precondition(lambda self: self.contacts)
    @rule(data=st.data())
    def caller_dials_digits(self, data: st.DataObject) -> None:
        contact = data.draw(st.sampled_from(self.contacts[-3:]))
        self._try(lambda: self.floor.switch.caller_digits(contact, "7"))

    @rule(queue=st.sampled_from(["Sales", "Service"]), kind=st.sampled_from(["chat", "chat", "email", "callback"]))
    def customer_writes(self, queue: str, kind: str) -> None:
        switch = self.floor.switch
        match kind:
            case "chat":
                self._try(lambda: self.chats.append(switch.chat(queue, "Eve", {"page": "/prices"})))
            case "email":
                self._try(lambda: self.letters.append(switch.email(queue, "eve@example.com", "Question", "Where?")))
            case "callback":
                self._try(lambda: self.letters.append(switch.callback(queue, "+15550100", "Eve")))

    @precondition(lambda self: self.chats)
    @rule(data=st.data(), what=st.sampled_from(["message", "message", "typing", "form", "leave"]))
    def customer_goes_on(self, data: st.DataObject, what: str) -> None:
        chat, switch = data.draw(st.sampled_from(self.chats)), self.floor.switch
        match what:
            case "message":
                self._try(lambda: switch.customer_message(chat, "Hello?"))
            case "typing":
                self._try(lambda: switch.customer_typing(chat, data.draw(st.booleans())))
            case "form":
                self._try(lambda: switch.customer_form(chat, "address", {"city": "Ulm"}))
            case "leave":
                self._try(lambda: switch.customer_leaves(chat))

    # What always holds

    @invariant()
    def one_leg_talks_at_a_phone(self) -> None:
        for seat in self._seats():
            for channel in seat.channels():
                legs = [leg for it in channel.interactions.values() for leg in it.conversations.values()]
                assert sum(leg.state is ConversationState.CONNECTED for leg in legs) <= 1

    @invariant()
    def nobody_has_more_than_there_is_room_for(self) -> None:
        for seat in self._seats():
            for channel in seat.channels():
                alive = [it for it in channel.interactions.values() if not it.over]
                assert len(alive) <= CAPACITY[channel.type], f"{seat.agent}: {len(alive)} at {channel.endpoint}"

    @invariant()
    def quiet_sessions_know_the_truth(self) -> None:
        if hasattr(self, "floor") and not self.floor.under_way:
            self.floor.check_truth()

    def teardown(self) -> None:
        if not hasattr(self, "floor"):
            return
        floor, switch = self.floor, self.floor.switch
        floor.settle()
        for leave, contacts in (
            (switch.customer_leaves, self.chats),
            (switch.hangup, self.contacts),
            (switch.customer_withdraws, self.letters),
        ):
            for contact in contacts:
                self._try(partial(leave, contact))
        for phone in ("4900", "4999"):
            self._try(partial(switch.phone, phone, "hangup"))
        for _ in range(2):  # who was in wrap-up may be offered something when that is over
            floor.settle()
            self._agents_end_everything()
            floor.pass_time(REST_AFTER_S)
        floor.check_truth()
        for seat in floor.seats.values():
            assert seat.interactions() == [], f"{seat.agent} is left with {seat.interactions()}"
        assert switch.live_objects() == 0
        assert switch.tally.offered == sum(getattr(switch.tally, name) for name in OUTCOMES)

    def _agents_end_everything(self) -> None:
        for seat in self.floor.seats.values():
            for leg in _legs(seat):
                seat.ask("conversation.release", path(seat, leg))
                self.floor.settle()
            for interaction in seat.interactions():
                seat.ask("interaction.reject", path(seat, interaction))
                seat.ask("interaction.release", path(seat, interaction))
                self.floor.settle()

    # Helpers

    def _seats(self) -> list[Seat]:
        return list(self.floor.seats.values()) if hasattr(self, "floor") else []

    def _try(self, do: Callable[[], object]) -> None:
        """Customers and hands at phones try what may not be possible just then."""
        try:
            do()
        except Refused as refusal:
            event(f"refused outside: {refusal.code}")

    def _note_command(self, message: JsonObject) -> None:
        if "result" in message:
            code = message.get("failure", {}).get("code", "success")
            event(f"{message['command']}: {code}")


def _legs(seat: Seat) -> list[Conversation]:
    return [leg for it in seat.interactions() for leg in it.conversations.values()]


TestFloorWalk = FloorWalk.TestCase
TestFloorWalk.settings = settings(
    max_examples=settings().max_examples, stateful_step_count=2 * settings().stateful_step_count
)
