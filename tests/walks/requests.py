"""What clients ask for in a walk: well-formed data for every command, right most of the time."""

from typing import Any

from engine.conformance.view import JsonObject
from protocol.states import ChannelType
from tests.strategies import Dice
from tests.walks import reports
from tests.walks.model import Model
from tests.walks.places import ENDPOINTS, GROUP_NAMES
from tests.walks.words import Thing

MEDIA = [kind.capitalize() for kind in ChannelType] + ["chat", "EMAIL", "CallBack"]

FILES: tuple[JsonObject, ...] = (
    {"name": "a.txt", "url": "https://files/a"},
    {"name": "b.txt", "url": "http://files/b", "type": "text/plain", "size": 0},
)


def data_for(dice: Dice, model: Model, command: str, target: str) -> JsonObject:
    """Well-formed data; the ids in it are right most of the time."""
    subject = model.find(target) or model.session
    match command.split("."):
        case ["session", *_] | ["channelgroup", *_]:
            return _session_data(dice, model, command, subject)
        case ["channel", *_]:
            return _channel_data(dice, command)
        case ["conversation", *_]:
            return _leg_data(dice, command)
        case _:
            return _interaction_data(dice, command)


def _session_data(dice: Dice, model: Model, command: str, subject: Thing) -> JsonObject:
    match command:
        case "session.removechannel":
            return {"channel": {"id": _id_among(dice, model.channels(subject), model.things)}}
        case "channelgroup.activate" | "channelgroup.deactivate":
            options = {"options": {"place": "desk"}} if dice.one_in(3) else {}
            return {"channel": {"id": _id_among(dice, model.channels(subject), model.things)}, **options}
        case "session.removechannelgroup":
            return {dice.pick(("channelgroup", "channel")): {"id": _id_among(dice, model.groups(), model.things)}}
        case "session.addchannel":
            taken = [channel["endpoint"] for channel in model.channels()]
            endpoint = dice.pick(taken if taken and dice.one_in(4) else ENDPOINTS)
            return {"channel": {"endpoint": endpoint, "type": dice.pick(MEDIA)}}
        case "session.addchannelgroup":
            media = {kind: not dice.one_in(2) for kind in ("chat", "email", "callback")}
            return {"channelgroup": {"name": dice.pick(GROUP_NAMES), **media}}
        case "session.start":
            return dice.pick(({}, {"extension": "4001"}))
        case "session.logout" | "channelgroup.notready":
            return _reason(dice)
        case _:
            return {}


def _id_among(dice: Dice, right: list[Thing], others: list[Thing]) -> str:
    among = others if others and dice.one_in(10) else right
    return dice.pick([each.id for each in among] or ["c0"])


def _reason(dice: Dice) -> JsonObject:
    return dice.pick(({}, {"reason": {"code": "LUNCH"}}))


def _channel_data(dice: Dice, command: str) -> JsonObject:
    match command:
        case "channel.notready":
            return _reason(dice)
        case "channel.dial":
            return dice.pick(({"destination": "9"}, {"destination": "+43 1 234", "extensions": {"trunk": "2"}}))
        case "channel.activate" | "channel.deactivate":
            return dice.pick(({}, {"options": {"place": "desk"}}))
        case _:
            return {}


def _leg_data(dice: Dice, command: str) -> JsonObject:
    match command:
        case "conversation.blindtransfer" | "conversation.blindconference":
            return {"destination": dice.pick(("9", "sales"))}
        case "conversation.senddtmf":
            return {"digits": dice.pick(("0", "123#", "*ABCD"))}
        case _:
            return {}


def _interaction_data(dice: Dice, command: str) -> JsonObject:
    optional: dict[str, tuple[JsonObject, ...]] = {
        "interaction.reject": ({}, {"reason": {"code": "LUNCH"}}),
        "interaction.complete": (
            {},
            {"disposition": {"code": "1"}},
            {"disposition": {"code": "2", "note": "calls again"}},
        ),
        "interaction.getdata": ({}, {"keys": ["order"]}, {"keys": ["order", "nothing"]}, {"keys": []}),
        "interaction.consult": ({"destination": "4008"},),
        "interaction.transfer": ({"queue": "sales"}, {"agent": "agent2", "note": "knows him"}),
        "interaction.message.send": ({"text": "Good morning"},),
        "interaction.file.send": tuple({"file": file} for file in FILES),
        "interaction.url.push": ({"url": "https://here"}, {"url": "https://here", "title": "Here"}),
        "interaction.form.show": (
            {"form": {"id": "f1"}},
            {"form": {"id": "f2", "title": "You", "fields": {"name": "Name"}}},
        ),
        "interaction.signal.send": ({"signal": {"name": "sdp"}}, {"signal": {"name": "sdp", "data": {"a": "b"}}}),
        "interaction.reply": (
            {"text": "Yes."},
            {"text": "No.", "subject": "Re: no", "attachments": [{"name": "a.txt", "url": "https://files/a"}]},
        ),
    }
    if command == "interaction.setdata":
        return {"interactiondata": _changes(dice)}
    return dice.pick(optional.get(command, ({},)))


def _changes(dice: Dice) -> dict[str, Any]:
    if dice.one_in(20):
        return {"order": "9" * dice.pick((65_531, 65_532))}  # the most that there may be, and too much
    changes: dict[str, Any] = dict(dice.some(reports.DATA))
    return {key: None if dice.one_in(3) else value for key, value in changes.items()}
