"""What phones refuse, or do not do, is refused in turn, and has changed nothing. The phone is the test's own."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import attrs
import pytest

from engine.adapters.sip.bench import settings
from engine.adapters.sip.callcontrol import CallControl
from engine.adapters.sip.calls import Deed
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.numbering import Numbering
from engine.adapters.sip.visits import PhoneCall, Visit
from engine.adapters.sip.words import CallState, Happening
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AcceptInteraction,
    AlternateLegs,
    BlindTransfer,
    CompleteInteraction,
    Dial,
    Disposition,
    HoldLeg,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    StartConsult,
    TransferConsult,
)
from protocol.states import ConversationState, EndCause
from tests.engine.adapters.sip.model import OUT, Model, address
from tests.engine.adapters.sip.test_calls import entry

F, H = FailureCode, Happening
REFUSED = Refused(FailureCode.PLATFORM_ERROR, "the phone refused")


@attrs.define
class Hands:
    """A phone that does what `does` has for a command, and otherwise nothing. `agreed`: REFER is accepted."""

    does: dict[str, Callable[[], None]] = attrs.field(factory=dict)
    told: list[str] = attrs.field(factory=list)
    traces: bool = True
    agreed: bool = False
    known_tags: tuple[str, str] | None = None

    @contextlib.asynccontextmanager
    async def turn(self, _: Endpoint) -> AsyncIterator["Hands"]:
        yield self

    async def command(self, name: str, parameters: str = "") -> str:
        self.told.append(f"{name} {parameters}".strip())
        self.does.get(name, lambda: None)()
        return ""

    async def about(self, call: PhoneCall, name: str, parameters: str = "") -> None:
        if call.closed:
            raise Refused(F.INVALID_STATE, "gone")
        await self.command(name, parameters)

    async def look(self) -> None:
        await self.command("look")

    async def until(self, _: Endpoint, holds: Callable[[], bool], __: float) -> bool:
        return holds()

    def phone(self, _: Endpoint) -> "Hands":
        return self

    def refer_accepted(self, _: str) -> bool:
        return self.agreed

    def tags(self, _: str) -> tuple[str, str] | None:
        return self.known_tags


@attrs.define
class Room:
    model: Model = attrs.field(factory=Model)
    hands: Hands = attrs.field(factory=Hands)
    control: CallControl = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        of = settings(3, **self.model.more)
        numbering = Numbering(of, self.model.floor)
        hands: Any = self.hands
        self.control = CallControl(of, hands, numbering, self.model.calls, self.model.visits)

    async def ask(self, visit: Visit, call: type, **more: Any) -> Any:
        made = call(endpoint=visit.endpoint.address, interaction=visit.id, **more)
        return await self.control.rows[call](visit, made)

    async def refusal(self, visit: Visit, call: type, **more: Any) -> FailureCode:
        before = visit.report()
        with pytest.raises(Refused) as refused:
            await self.ask(visit, call, **more)
        assert visit.report() == before, "a refused call has changed something"
        return refused.value.code

    async def dial_refusal(self, destination: str) -> FailureCode:
        endpoint = self.model.at("4001")
        with pytest.raises(Refused) as refused:
            await self.control.dial(endpoint, Dial(endpoint="4001", destination=destination))
        return refused.value.code

    def refuses(self, command: str) -> None:
        def refuse() -> None:
            raise REFUSED

        self.hands.does[command] = refuse

    def consulting(self, *, answered: bool = True, with_: str = "dora") -> Visit:
        visit = self.model.talks("4001")
        self.model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl", held=True)])
        self.model.calls.consult(visit, address(with_), self.model.now)
        if answered:
            self.model.says("4001", H.ESTABLISHED, "id-2", with_, OUT)
        return visit


# Dialling


@pytest.mark.parametrize(
    "destination", ["9999", "nonsense", "sip:%n@outside", "sip:a b@outside", "4001", "sip:4001@phones"]
)
async def test_what_cannot_be_dialled_is_refused_before_the_phone_is_told(destination: str) -> None:
    room = Room()
    assert await room.dial_refusal(destination) is F.INVALID_DESTINATION
    assert room.hands.told == []


async def test_outside_numbers_go_the_way_out() -> None:
    room = Room(Model({"outside": "sip:{number}@gateway"}))
    await room.control.dial(room.model.at("4001"), Dial(endpoint="4001", destination="+4930123"))
    assert room.hands.told[-1] == "dial sip:+4930123@gateway"


async def test_a_phone_that_refuses_to_dial_has_no_call() -> None:
    room = Room()
    room.refuses("dial")
    assert await room.dial_refusal("sip:carl@outside") is F.PLATFORM_ERROR
    assert (room.model.at("4001").calls, room.model.at("4001").visits, room.model.told) == ([], {}, [])


async def test_what_fails_at_once_is_no_destination() -> None:
    room = Room()
    room.hands.does["dial"] = lambda: room.model.says("4001", H.CLOSED, "id-1", "carl", OUT, "No route to host")
    assert await room.dial_refusal("sip:carl@outside") is F.INVALID_DESTINATION
    assert (room.model.at("4001").visits, room.model.told) == ({}, [])


async def test_one_call_at_a_time_and_none_in_wrap_up() -> None:
    room = Room(Model({"wrapup_s": 10.0}))
    room.model.talks("4001")
    assert await room.dial_refusal("4002") is F.INTERACTION_ACTIVE
    room.model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    assert await room.dial_refusal("4002") is F.INTERACTION_ACTIVE


async def test_a_phone_that_is_in_a_call_by_itself_does_not_dial() -> None:
    room = Room()
    room.model.talks("4001")
    visits = room.model.at("4001").visits
    visits.clear()
    assert await room.dial_refusal("4002") is F.INVALID_STATE


# Answering, ending


async def test_a_phone_that_says_yes_and_does_not_answer_is_not_believed() -> None:
    room = Room()
    assert await room.refusal(room.model.rings("4001"), AcceptInteraction) is F.PLATFORM_ERROR
    assert room.hands.told == ["accept"]


async def test_a_caller_who_gives_up_meanwhile_is_told_as_gone() -> None:
    room = Room()
    visit = room.model.rings("4001")
    gone = lambda: room.model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")  # noqa: E731 - a deed
    room.hands.does["accept"] = gone
    assert (await room.ask(visit, AcceptInteraction)).cause is EndCause.ABANDONED


async def test_a_phone_that_does_not_hang_up_is_told_of_and_a_later_end_has_its_own_cause() -> None:
    room = Room()
    visit = room.model.talks("4001")
    leg = visit.primary.id
    room.refuses("hangup")
    assert await room.refusal(visit, ReleaseLeg, leg=leg) is F.PLATFORM_ERROR
    room.model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    assert room.model.reports("agent1")[-1].cause is EndCause.REMOTE


async def test_what_is_not_offered_cannot_be_accepted_or_rejected() -> None:
    room = Room()
    visit = room.model.talks("4001")
    assert await room.refusal(visit, RejectInteraction) is F.INVALID_STATE
    assert await room.ask(visit, AcceptInteraction) == visit.report()
    assert await room.refusal(visit, CompleteInteraction) is F.INVALID_STATE
    assert await room.refusal(visit, ReleaseLeg, leg="never was") is F.INVALID_STATE


async def test_dispositions_are_those_of_the_list() -> None:
    room = Room(Model({"wrapup_s": 10.0}))
    visit = room.model.talks("4001")
    room.model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    assert await room.refusal(visit, CompleteInteraction, disposition=Disposition(code="odd")) is F.INVALID_REASON
    sold = Disposition(code="sold")
    assert (await room.ask(visit, CompleteInteraction, disposition=sold)).disposition == sold


# Holding, digits


async def test_a_hold_that_the_phone_does_not_list_is_none() -> None:
    room = Room()
    visit = room.model.talks("4001")
    assert await room.refusal(visit, HoldLeg, leg=visit.primary.id) is F.PLATFORM_ERROR
    visit.primary.call.held = True
    assert await room.refusal(visit, RetrieveLeg, leg=visit.primary.id) is F.PLATFORM_ERROR
    assert await room.refusal(visit, SendDigits, leg=visit.primary.id, digits="1") is F.INVALID_STATE


async def test_what_rings_cannot_be_held() -> None:
    room = Room()
    visit = room.model.rings("4001")
    for call in (HoldLeg, RetrieveLeg):
        assert await room.refusal(visit, call, leg=visit.primary.id) is F.INVALID_STATE


# Consult


async def test_a_consult_that_cannot_be_dialled_gives_the_caller_back() -> None:
    room = Room()
    visit = room.model.talks("4001")
    room.refuses("dial")
    assert await room.refusal(visit, StartConsult, destination="4002") is F.INVALID_DESTINATION
    assert room.hands.told == ["hold", "look", "dial sip:4002@phones", "resume", "look"]


async def test_one_consult_at_a_time() -> None:
    room = Room()
    visit = room.consulting()
    assert await room.refusal(visit, StartConsult, destination="4002") is F.CONSULT_EXISTS
    assert await room.refusal(visit, BlindTransfer, leg=visit.primary.id, destination="4002") is F.CONSULT_EXISTS
    assert await room.refusal(visit, RetrieveLeg, leg=visit.primary.id) is F.CONSULT_EXISTS


async def test_there_is_nothing_to_alternate_without_two_answered_legs() -> None:
    room = Room()
    assert await room.refusal(room.model.talks("4002", "id-9"), AlternateLegs) is F.INVALID_STATE
    visit = room.consulting(answered=False)
    assert await room.refusal(visit, AlternateLegs) is F.CONSULT_NOT_CONNECTED
    room.model.says("4001", H.ESTABLISHED, "id-2", "dora", OUT)
    visit.legs[1].call.held = True
    assert await room.refusal(visit, AlternateLegs) is F.INVALID_STATE


# Transfer


async def test_a_consult_outside_cannot_be_transferred_where_the_tags_are_unknown() -> None:
    room = Room()
    visit = room.consulting()
    assert await room.refusal(visit, TransferConsult) is F.UNSUPPORTED
    assert "transfer sip:dora@outside" not in " ".join(room.hands.told)


async def test_an_agent_s_phone_is_not_sent_on_with_replaces() -> None:
    room = Room(hands=Hands(known_tags=("here", "there")))
    visit = room.consulting()
    visit.primary.call.peer = address("4003")
    assert await room.refusal(visit, TransferConsult) is F.UNSUPPORTED


async def test_a_far_end_that_says_nothing_to_a_refer_is_left_in_the_call() -> None:
    room = Room()
    visit = room.model.talks("4001")
    code = await room.refusal(visit, BlindTransfer, leg=visit.primary.id, destination="4002")
    assert code is F.PLATFORM_ERROR
    assert not visit.transferring
    # Whoever calls 4002 later is a new contact.
    assert room.model.rings("4002", "id-5", "carl").contact is not visit.contact


async def test_a_phone_without_a_trace_leaves_when_nobody_has_refused() -> None:
    room = Room(hands=Hands(traces=False))
    visit = room.model.talks("4001")
    room.hands.does["hangup"] = lambda: room.model.says(
        "4001", H.CLOSED, "id-1", "carl", text="Connection reset by user"
    )
    report = await room.ask(visit, BlindTransfer, leg=visit.primary.id, destination="4002")
    assert report.cause is EndCause.TRANSFERRED
    assert room.hands.told == ["transfer sip:4002@phones", "look", "hangup"]
    assert room.model.rings("4002", "id-5", "carl").contact is visit.contact


async def test_a_failed_transfer_of_a_consult_leaves_the_consult() -> None:
    room = Room(hands=Hands(known_tags=("here", "there")))
    visit = room.consulting()

    def fail() -> None:
        room.model.says("4001", H.TRANSFER_FAILED, "id-1", "carl", text="603 Decline")
        room.model.lists("4001", [entry(2, CallState.ESTABLISHED, "dora")])

    room.hands.does["transfer"] = fail
    report = await room.ask(visit, TransferConsult)
    assert [leg.state for leg in report.legs] == [ConversationState.CONNECTED]
    assert room.model.ordered() == [(Deed.LIST, "4001")]
