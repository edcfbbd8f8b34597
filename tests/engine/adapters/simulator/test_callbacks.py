"""Callbacks: offered, taken, handed on with a note, and done."""

import pytest

from protocol.errors import FailureCode, Refused
from protocol.platform import ReplyEmail, SendMessage
from protocol.states import ChannelType, EndCause, InteractionState
from tests.engine.adapters.simulator.media_floor import SYSTEM, Floor, endpoint, interaction, said

CALLBACK = ChannelType.CALLBACK
DATA = {"number": "+4930555010", "topic": "boots"}
WHERE = {"endpoint": endpoint("ada", CALLBACK), "interaction": "interaction1"}


def a_callback() -> tuple[Floor, str]:
    """Ada has been offered a callback."""
    floor = Floor()
    floor.start("ada", CALLBACK)
    contact = floor.switch.callback("Sales", "+4930555010", "Carl", {"topic": "boots"})
    floor.pass_time(0)
    offer = interaction("ada", CALLBACK, "interaction1", "contact1", InteractionState.ALERTING, data=DATA)
    assert floor.take() == [("ada", offer)]
    return floor, contact


def test_taken_and_released_it_is_done() -> None:
    floor, _ = a_callback()
    started = interaction("ada", CALLBACK, "interaction1", "contact1", InteractionState.STARTED, data=DATA)
    over = interaction(
        "ada", CALLBACK, "interaction1", "contact1", InteractionState.COMPLETED, data=DATA, cause=EndCause.RELEASED
    )
    assert floor.accept("ada", CALLBACK, "interaction1") == started
    assert floor.release("ada", CALLBACK, "interaction1") == over
    assert floor.take() == [("ada", started), ("ada", over)]
    assert floor.switch.tally.answered == 1
    assert floor.switch.live_objects() == 0


def test_a_note_goes_with_it() -> None:
    floor, _ = a_callback()
    floor.start("bob", CALLBACK)
    floor.accept("ada", CALLBACK, "interaction1")
    floor.transfer("ada", CALLBACK, "interaction1", agent="bob", note="not before noon")
    (offer,) = floor.offers("bob")
    assert offer.transcript == (said("message1", SYSTEM, "not before noon"),)


def test_it_is_called_off() -> None:
    floor, contact = a_callback()
    floor.switch.customer_withdraws(contact)
    over = interaction(
        "ada", CALLBACK, "interaction1", "contact1", InteractionState.COMPLETED, data=DATA, cause=EndCause.ABANDONED
    )
    assert floor.take() == [("ada", over)]
    assert floor.switch.live_objects() == 0


def test_nothing_is_written_in_it() -> None:
    floor, _ = a_callback()
    floor.accept("ada", CALLBACK, "interaction1")
    floor.take()
    assert floor.refused("ada", SendMessage(**WHERE, text="hi"))[0] is FailureCode.UNSUPPORTED
    assert floor.refused("ada", ReplyEmail(**WHERE, text="hi"))[0] is FailureCode.UNSUPPORTED


def test_without_a_number_there_is_none() -> None:
    floor = Floor()
    with pytest.raises(Refused, match=r"^INVALID_REQUEST: number: "):
        floor.switch.callback("Sales", "", "Carl")
    assert (floor.switch.live_objects(), floor.switch.tally.offered) == (0, 0)
