"""Situations on the floor, brought about by the shortest way, and what a session was told of them."""

from typing import Any

import msgspec

from tests.floor.floor import Floor, Seat
from tests.floor.words import AGENTS, SETTINGS

JsonObject = dict[str, Any]

CALLER = "+15550100"


def floor(*agents: str, media: bool = False) -> Floor:
    """These agents, ready at their phones; with `media`, at the channels of the group Media as well."""
    made = Floor(SETTINGS)
    for agent in agents:
        seat = made.sit_down(agent)
        seat.ask("session.addchannel", "", {"channel": {"endpoint": AGENTS[agent], "type": "Telephony"}})
        if media:
            group = {"name": "Media", "chat": True, "email": True, "callback": True}
            seat.ask("session.addchannelgroup", "", {"channelgroup": group})
        made.settle()
        for channel in seat.channels():
            seat.ask("channel.activate", path(seat, channel))
            seat.ask("channel.ready", path(seat, channel))
        made.settle()
    return made


def path(seat: Seat, subject: Any) -> str:
    """The target of an object, without the session's id."""
    return f".{subject.target}".removeprefix(f".{seat.id}")


def ringing(at: Floor, agent: str = "ann") -> str:
    """A caller rings at the agent's phone; returns the contact."""
    contact = at.switch.call(AGENTS[agent], CALLER, {"order": "4711"})
    at.settle()
    return contact


def talking(at: Floor, agent: str = "ann") -> str:
    contact = ringing(at, agent)
    do(at, agent, "interaction.accept")
    return contact


def consulting(at: Floor, agent: str = "ann", colleague: str = "bob", *, answered: bool = True) -> str:
    contact = talking(at, agent)
    do(at, agent, "interaction.consult", {"destination": AGENTS[colleague]})
    if answered:
        do(at, colleague, "interaction.accept")
    return contact


def do(at: Floor, agent: str, command: str, data: JsonObject | None = None, leg: int = 0) -> None:
    """Send a command about the agent's latest interaction, or the leg of this number in it, and let all settle."""
    start(at, agent, command, data, leg)
    at.settle()


def start(at: Floor, agent: str, command: str, data: JsonObject | None = None, leg: int = 0) -> None:
    """Send it, and leave the platform's answer open."""
    seat = at.seats[agent]
    it = seat.interactions()[-1]
    subject = list(it.conversations.values())[leg] if command.startswith("conversation.") else it
    seat.ask(command, path(seat, subject), data)


def told(seat: Seat, after: int = 0) -> list[str]:
    """The messages after so many, in short: `success`, a failure code, or the event's name and its cause."""
    found = []
    for text in seat.journal[after:]:
        message = msgspec.json.decode(text)
        what = message.get("failure", {}).get("code") or message.get("result") or message["name"]
        cause = message.get("data", {}).get("cause") if what == "interaction.ended" else None
        found.append(f"{what} {cause}" if cause else what)
    return found


def end_all(at: Floor) -> None:
    """Let all that goes on come to its end; whatever is left behind then is a defect."""
    at.settle()
    at.check_truth()
    for seat in at.seats.values():
        for it in seat.interactions():
            for leg in tuple(it.conversations.values()):
                seat.ask("conversation.release", path(seat, leg))
                at.settle()
            if not it.is_call:
                seat.ask("interaction.release", path(seat, it))
                at.settle()
    at.pass_time(400.0)
    at.check_truth()
    assert all(seat.interactions() == [] for seat in at.seats.values())
    assert at.switch.live_objects() == 0
