"""What agents, customers and hands at phones can do on the floor of a walk: names, numbers, and data of requests."""

from typing import Any, Final

from engine.adapters.simulator.settings import (
    AutomaticPhone,
    Capacity,
    OutsideNumber,
    SimulatedAgent,
    SimulatedGroup,
    SimulatedQueue,
    SimulatorSettings,
    WrapUpTimes,
)
from protocol.platform import ReasonCode
from protocol.states import ChannelType

JsonObject = dict[str, Any]

AGENTS: Final = {"ann": "4001", "bob": "4002", "cem": "4003"}
CAPACITY: Final = {ChannelType.TELEPHONY: 1, ChannelType.CHAT: 2, ChannelType.EMAIL: 1, ChannelType.CALLBACK: 1}

SETTINGS: Final = SimulatorSettings(
    agents=tuple(SimulatedAgent(id=agent, extension=extension) for agent, extension in AGENTS.items()),
    groups=(SimulatedGroup(name="Media"),),
    queues=(
        SimulatedQueue(name="Sales", number="4910", overflow_s=60.0, overflow_to="Service", limit=5),
        SimulatedQueue(name="Service", number="4911"),
    ),
    extra_extensions=("4900", "4999"),
    automatic_phones=(AutomaticPhone(extension="4900", talks_s=40.0),),
    numbers=(
        OutsideNumber(number="+4930555001", name="Busy", busy=True),
        OutsideNumber(number="+4930555002", name="Never there", never_answers=True),
        OutsideNumber(number="+4930555003", name="Talks shortly", talks_s=20.0),
    ),
    dispositions=(ReasonCode(code="SOLD", name="Sold"), ReasonCode(code="OPEN", name="Open")),
    not_ready_reasons=(ReasonCode(code="LUNCH", name="Lunch"),),
    wrapup_s=WrapUpTimes(telephony=10.0, chat=5.0),
    capacity=Capacity(chat=2, email=1, callback=1),
)

DESTINATIONS: Final = (
    *AGENTS.values(),
    "4900",
    "4999",
    "4910",
    "Service",
    "+4930555001",
    "+4930555002",
    "+4930555003",
    "+15550123",
    "nobody",
)

DATA: Final[dict[str, tuple[JsonObject, ...]]] = {
    "channel.dial": tuple({"destination": to} for to in DESTINATIONS),
    "channel.notready": ({}, {"reason": {"code": "LUNCH"}}, {"reason": {"code": "NONE"}}),
    "interaction.consult": tuple({"destination": to} for to in (*AGENTS.values(), *AGENTS.values(), *DESTINATIONS)),
    "interaction.reject": ({}, {"reason": {"code": "BUSY"}}),
    "interaction.complete": ({}, {"disposition": {"code": "SOLD", "note": "two"}}, {"disposition": {"code": "NONE"}}),
    "interaction.getdata": ({}, {"keys": ["order"]}),
    "interaction.setdata": (
        {"interactiondata": {"order": "4711"}},
        {"interactiondata": {"order": None, "who": {"name": "Eve"}}},
        {"interactiondata": {}},
    ),
    "interaction.transfer": (
        {"queue": "Service"},
        {"queue": "Nowhere"},
        {"agent": "bob", "note": "knows you"},
        {"agent": "ann"},
        {"agent": "nobody"},
    ),
    "interaction.message.send": ({"text": "Good morning"}, {"text": "x" * 32_768}),
    "interaction.file.send": ({"file": {"name": "offer.pdf", "url": "https://example.com/offer.pdf"}},),
    "interaction.url.push": ({"url": "https://example.com/"},),
    "interaction.form.show": ({"form": {"id": "address"}},),
    "interaction.signal.send": ({"signal": {"name": "video", "data": {"sdp": "v=0"}}},),
    "interaction.reply": ({"text": "Dear Eve"},),
    "conversation.blindtransfer": tuple({"destination": to} for to in DESTINATIONS),
    "conversation.blindconference": tuple({"destination": to} for to in DESTINATIONS),
    "conversation.senddtmf": ({"digits": "12#"},),
}
"""Data to choose from, by command; no data for the others."""

PHONE_ACTIONS: Final = ("answer", "reject", "hold", "retrieve", "hangup", "dial")
