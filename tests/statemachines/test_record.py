"""Inputs as plain values: what comes back is what went in, whatever it is."""

from typing import Any, get_args

import pytest
from msgspec import msgpack

from protocol.commands import ObjectRef, OrderAgentState, OrderLogout, Reason
from protocol.errors import FailureCode
from protocol.events import SupervisorInfo
from protocol.platform import (
    ChannelReport,
    DirectoryEntry,
    Disposition,
    Feature,
    FilePosted,
    FormSubmitted,
    GroupReport,
    Message,
    MessagePosted,
    PartialSnapshot,
    Party,
    PartyChanged,
    ReasonCode,
    Replied,
    ScreenshotAnswered,
    SignalReceived,
    Snapshot,
    TypingChanged,
)
from protocol.states import AgentState, ChannelType, DisposalCause, EndCause, LoginState, PartyRole
from protocol.wire import read_frame
from statemachines import record
from statemachines.effects import (
    Answered,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    DesktopLost,
    End,
    Input,
    Ordered,
    PlatformReturned,
    Reported,
    RequestCame,
    Restarted,
)
from statemachines.posts import POSTS
from statemachines.record import pack, unpack
from statemachines.settings import CoreSettings
from tests.fakes import calls

GRACE = SupervisorInfo(id="grace", name="Grace")
EVE = Party(id="p1", name="Eve", role=PartyRole.CUSTOMER)
POST: dict[str, Any] = {"endpoint": "chat-1", "interaction": "1", "id": "m1", "party": EVE}
MESSAGE = MessagePosted(text="Größe?", time="2026-11-21T09:30:00.000Z", **POST)
CHANNEL = ChannelReport(
    endpoint="4001",
    type=ChannelType.TELEPHONY,
    name="Phone",
    loginstate=LoginState.ACTIVE,
    agentstate=AgentState.NOTREADY,
    reason="LUNCH",
    pendingagentstate=AgentState.READY,
)
CALL = calls.call("STARTED", data={"order": "4711", "who": {"name": "Eve"}}, channel=CHANNEL)
ENDED = calls.call("ENDED", wrapup_s=10.0, cause=EndCause.REMOTE, disposition=Disposition(code="SOLD", note="two"))
CHAT = calls.chat(transcript=(Message(id="m0", party=EVE, text="Hello", time="2026-11-21T09:29:00.000Z"),))

INPUTS: dict[str, Input] = {
    "request": RequestCame(
        read_frame(b'{"command":"channel.ready","target":"s1.c1","data":{"x":[1,null]},"requestid":"r1"}')[0]
    ),
    "bad request": RequestCame(read_frame(b'{"command":"channel.reedy","target":"s1.c1","requestid":"r1"}')[0]),
    "no request": RequestCame(read_frame(b"no JSON")[0]),
    "order": Ordered(
        OrderAgentState(
            channel=ObjectRef(id="c1"), agentstate="NOTREADY", reason=Reason(code="LUNCH"), why="calls wait"
        ),
        GRACE,
    ),
    "order to log out": Ordered(OrderLogout(why="go home"), GRACE),
    "no answer": Answered(None),
    "an empty list": Answered(()),
    "a list": Answered((ReasonCode(code="1", name="Lunch"), ReasonCode(code="2", name="Meeting"))),
    "a directory": Answered((DirectoryEntry(name="Desk", number="9", type="internal"),)),
    "a channel": Answered(CHANNEL),
    "a group": Answered(GroupReport(name="Sales", channels=(CHANNEL,))),
    "a snapshot": Answered(
        Snapshot(
            agent_name="Ada",
            groups=(GroupReport(name="Sales", channels=()),),
            channels=(CHANNEL,),
            interactions=(CALL,),
        )
    ),
    "a part of a snapshot": Answered(
        PartialSnapshot(agent_name="Ada", channels=(CHANNEL,), unheard=(ChannelType.CHAT,))
    ),
    "a call": Answered(CALL),
    "a reply": Answered(Replied(message=MESSAGE, interaction=ENDED)),
    "a message": Answered(MESSAGE),
    "a refusal": CallRefused(FailureCode.TIMEOUT, "too late"),
    "a report of a channel": Reported(CHANNEL),
    "a report of a call": Reported(ENDED),
    "a report of a chat": Reported(CHAT),
    "a report of a member": Reported(calls.call("STARTED", calls.leg("CONNECTED", "555", "556"))),
    "typing": Reported(TypingChanged(typing=True, **POST)),
    "a file": Reported(FilePosted(name="a.pdf", url="https://example.com/a", type="application/pdf", size=7, **POST)),
    "a form": Reported(FormSubmitted(form="address", values={"city": "Ulm"}, **POST)),
    "a picture": Reported(ScreenshotAnswered(accepted=False, **POST)),
    "a signal": Reported(SignalReceived(name="video", data={"sdp": "v=0"}, **POST)),
    "a party": Reported(PartyChanged(joined=True, **POST)),
    "a posted message": Reported(MESSAGE),
    "bound": DesktopBound(),
    "bound anew": DesktopBound(reset=True),
    "lost": DesktopLost(),
    "restarted": Restarted(CoreSettings(not_ready_after_s=1.0, logout_after_s=2.5, debug=True)),
    "returned": PlatformReturned(frozenset({Feature.CHAT, Feature.TELEPHONY})),
    "the end": End(DisposalCause.TAKEOVER, "the agent has prepared another session"),
    "a deadline": DeadlineCame(),
}


@pytest.mark.parametrize("given", INPUTS.values(), ids=list(INPUTS))
def test_what_comes_back_is_what_went_in(given: Input) -> None:
    assert unpack(msgpack.decode(msgpack.encode(pack(given)))) == given


def test_a_restart_of_before_goes_on_by_the_settings_that_there_were() -> None:
    assert unpack(["Restarted", None]) == Restarted()
    assert pack(Restarted()) == ["Restarted", None]


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(given) for given in INPUTS.values()} == set(get_args(Input))
    reported = {type(given.report) for given in INPUTS.values() if isinstance(given, Reported)}
    assert reported >= set(POSTS)


@pytest.mark.parametrize("answer", [5, "text", (5,), object(), (CHANNEL, None)])
def test_of_nonsense_its_kind_comes_back(answer: object) -> None:
    given = unpack(msgpack.decode(msgpack.encode(pack(Answered(answer)))))
    assert isinstance(given, Answered)
    assert type(given.answer).__name__ == type(answer).__name__


@pytest.mark.parametrize(
    "value", [None, 5, [], ["DeadlineCame"], ["Nothing", None], ["End", ["NO_CAUSE", ""]], ["Reported", {"Nobody": {}}]]
)
def test_what_is_no_input_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no input of the core"):
        unpack(value)


def test_names_in_records_stay_what_they_are() -> None:
    """Journals of earlier versions hold them."""
    assert {type(given).__name__ for given in INPUTS.values()} <= set(record._UNPACK)
    assert set(record._BY_NAME) >= {
        *("ChannelReport", "InteractionReport", "MessagePosted", "TypingChanged", "FilePosted", "FormSubmitted"),
        *("ScreenshotAnswered", "SignalReceived", "PartyChanged", "Snapshot", "GroupReport", "DirectoryEntry"),
        *("ReasonCode", "Replied", "OrderAgentState", "OrderLogout", "PartialSnapshot"),
    }
