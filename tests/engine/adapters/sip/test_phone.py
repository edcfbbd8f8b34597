"""One phone, told one thing at a time, and connected anew whenever the connection is lost. The phone is a fake."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import attrs
import pytest
import trio

from engine.adapters.sip.bench import settings
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.phone import Attached, Phone
from engine.adapters.sip.trace import SipMessage
from engine.adapters.sip.visits import Contact, PhoneCall
from engine.adapters.sip.words import CallState, Listed, PhoneEvent
from protocol.errors import FailureCode, Refused
from protocol.states import Direction
from tests.engine.adapters.sip.fake_phone import FakePhone, fake_phone

LATE_S: Final = 5.0
ROW: Final = "  [line {}]  0:00:00  ESTABLISHED             sip:carl@outside\n"


@attrs.define
class Ear:
    """What the phone says; a listing gives the line of the call to whoever has it."""

    events: list[PhoneEvent] = attrs.field(factory=list)
    listings: list[tuple[str, int]] = attrs.field(factory=list)
    on_listed: Callable[[], None] = lambda: None

    def happened(self, endpoint: Endpoint, event: PhoneEvent) -> None:
        self.events.append(event)

    def listed(self, endpoint: Endpoint, entries: Sequence[Listed]) -> None:
        self.listings.append((endpoint.address, len(entries)))
        self.on_listed()
        for call, entry in zip(endpoint.calls, entries, strict=False):
            call.line = entry.line

    def died(self, endpoint: Endpoint) -> None:
        raise AssertionError("an attached phone does not die")

    def traced(self, message: SipMessage) -> None:
        raise AssertionError("an attached phone has no trace")


def endpoint(name: str) -> Endpoint:
    return Endpoint(name, f"sip:{name}@phones", f"Phone {name}")


def call_at(at: Endpoint) -> PhoneCall:
    call = PhoneCall(
        endpoint=at,
        contact=Contact("contact"),
        peer="sip:carl@outside",
        direction=Direction.INBOUND,
        state=CallState.ESTABLISHED,
    )
    at.calls.append(call)
    return call


@attrs.frozen
class Room:
    phone: Phone
    fake: FakePhone
    ear: Ear
    endpoints: tuple[Endpoint, ...]


@asynccontextmanager
async def room(*names: str, command_s: float = LATE_S) -> AsyncIterator[Room]:
    endpoints = tuple(map(endpoint, names))
    async with fake_phone("sip:ann@phones", "sip:bob@phones") as (fake, port), trio.open_nursery() as nursery:
        ear = Ear()
        phone = Phone(
            settings(1, command_s=command_s), Attached(agents=names, host="127.0.0.1", port=port), endpoints, ear
        )
        live = phone.run
        nursery.start_soon(live)
        with trio.fail_after(LATE_S):
            await phone.up.wait()
        fake.asked.clear()
        yield Room(phone, fake, ear, endpoints)
        nursery.cancel_scope.cancel()


async def test_what_is_told_for_two_agents_at_once_is_never_mixed() -> None:
    async with room("ann", "bob") as at:
        at.fake.slow_s = 0.005
        for account in at.fake.accounts:
            at.fake.calls[account] = ROW.format(1) + ROW.format(2)

        async def hold(where: Endpoint, line: int) -> None:
            call_at(where)
            call = call_at(where)
            for _ in range(3):
                async with at.phone.turn(where) as turn:
                    await turn.about(call, "hold", f"{where.address}")
            assert call.line == line

        async with trio.open_nursery() as nursery:
            for each in at.endpoints:
                nursery.start_soon(hold, each, 2)
        asked = [(name, parameters) for _, name, parameters in at.fake.asked]
        turns = [asked[start : start + 5] for start in range(0, len(asked), 5)]
        assert len(turns) == 6
        for turn in turns:
            assert [name for name, _ in turn] == ["uafind", "listcalls", "uafind", "line", "hold"]
            assert turn[0][1] == turn[2][1] == f"sip:{turn[4][1]}@phones"
            assert turn[3][1] == "2"


async def test_what_belongs_together_is_sent_in_one_piece() -> None:
    async with room("ann") as at:
        at.fake.calls["sip:ann@phones"] = ROW.format(1)
        at.fake.pieces.clear()
        async with at.phone.turn(at.endpoints[0]) as turn:
            await turn.about(call_at(at.endpoints[0]), "hangup")
        assert at.fake.pieces == [2, 3], "a call that comes in between would be hung up instead"


async def test_a_given_up_turn_leaves_the_phone_to_the_next() -> None:
    async with room("ann", "bob") as at:
        ann, bob = at.endpoints
        with trio.move_on_after(0.02):
            async with at.phone.turn(ann):
                await trio.sleep_forever()
        async with at.phone.turn(bob) as turn:
            await turn.command("dial", "sip:carl@outside")
        assert at.fake.asked[-2:] == [
            ("sip:bob@phones", "uafind", "sip:bob@phones"),
            ("sip:bob@phones", "dial", "sip:carl@outside"),
        ]


async def test_a_phone_that_is_lost_is_connected_anew_and_asked_for_its_calls() -> None:
    async with room("ann") as at:
        down = at.phone.down
        at.ear.listings.clear()
        at.fake.calls["sip:ann@phones"] = ROW.format(1)
        await at.fake.streams[-1].aclose()
        with trio.fail_after(LATE_S):
            await down.wait()
        assert "one client at a time" in at.phone.why
        with pytest.raises(Refused) as refused:
            async with at.phone.turn(at.endpoints[0]):
                raise AssertionError("a phone that is away can be told things")
        assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
        with trio.fail_after(LATE_S):
            await at.phone.up.wait()
        assert at.ear.listings == [("ann", 1)]


async def test_a_phone_that_does_not_answer_is_connected_anew() -> None:
    async with room("ann", command_s=0.05) as at:
        at.fake.answers["dial"] = None
        down = at.phone.down
        with pytest.raises(Refused) as refused:
            async with at.phone.turn(at.endpoints[0]) as turn:
                await turn.command("dial", "sip:carl@outside")
        assert refused.value.code is FailureCode.PLATFORM_ERROR
        with trio.fail_after(LATE_S):
            await down.wait()
            await at.phone.up.wait()
        assert len(at.fake.streams) == 2


async def test_an_account_that_the_phone_has_not_is_told_of() -> None:
    async with room("eve") as at:
        with pytest.raises(Refused) as refused:
            async with at.phone.turn(at.endpoints[0]):
                raise AssertionError("there is such an account")
        assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
        assert "does not have the account of eve; tell who runs this contact centre" in refused.value.message


async def test_a_listing_that_is_none_changes_nothing() -> None:
    async with room("ann") as at:
        at.fake.answers["listcalls"] = "out of memory"
        at.ear.listings.clear()
        with pytest.raises(Refused):
            async with at.phone.turn(at.endpoints[0]) as turn:
                await turn.look()
        assert at.ear.listings == []


async def test_the_calls_of_another_account_are_not_taken_for_the_agent_s() -> None:
    async with room("ann") as at:
        at.fake.refused.add("uafind")
        at.ear.listings.clear()
        with pytest.raises(Refused):
            async with at.phone.turn(at.endpoints[0]) as turn:
                await turn.look()
        assert at.ear.listings == []


async def test_a_listing_is_taken_before_the_events_that_came_after_it() -> None:
    async with room("ann") as at:
        at.fake.then_event = {
            "type": "CALL_CLOSED",
            "id": "1",
            "accountaor": "sip:ann@phones",
            "peeruri": "sip:c@d",
        }
        seen: list[int] = []
        at.ear.on_listed = lambda: seen.append(len(at.ear.events))
        async with at.phone.turn(at.endpoints[0]) as turn:
            await turn.look()
        assert seen == [0]


async def test_events_of_accounts_that_no_agent_has_are_nobody_s() -> None:
    async with room("ann") as at:
        for name in ("bob", "ann"):
            await at.fake.tell(
                type="CALL_INCOMING", id=name, accountaor=f"sip:{name}@phones", peeruri="sip:c@d", direction="incoming"
            )
        async with at.phone.turn(at.endpoints[0]) as turn:
            await turn.look()
        assert [event.id for event in at.ear.events] == ["ann"]
