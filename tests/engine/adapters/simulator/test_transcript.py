"""What is kept of what was said: never more than the bounds, always the latest, and never silently less."""

from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.simulator.settings import SimulatedTranscript
from engine.adapters.simulator.transcript import Transcript
from tests.engine.adapters.simulator.media_floor import ADA, SYSTEM, said


def test_within_the_bounds_all_is_kept_in_order() -> None:
    transcript = Transcript(SimulatedTranscript(messages=2, characters=10), "contact1")
    first, second = said("message1", ADA, "12345"), said("message2", ADA, "67890")
    transcript.add(first)
    transcript.add(second)
    assert transcript.messages() == (first, second)


def test_beyond_the_number_of_messages_the_oldest_goes_and_that_is_said() -> None:
    transcript = Transcript(SimulatedTranscript(messages=2, characters=10), "contact1")
    second, third = said("message2", ADA, "2"), said("message3", ADA, "3")
    for message in (said("message1", ADA, "1", 7), second, third):
        transcript.add(message)
    notice = said("contact1-left-out", SYSTEM, "1 earlier messages are left out", 7)
    assert transcript.messages() == (notice, second, third)


def test_beyond_the_number_of_characters_as_many_go_as_must() -> None:
    transcript = Transcript(SimulatedTranscript(messages=9, characters=10), "contact1")
    last = said("message3", ADA, "1234567")
    for message in (said("message1", ADA, "12"), said("message2", ADA, "3456", 3), last):
        transcript.add(message)
    notice = said("contact1-left-out", SYSTEM, "2 earlier messages are left out", 3)
    assert transcript.messages() == (notice, last)


def test_what_is_longer_than_all_that_may_be_kept_is_not_kept() -> None:
    transcript = Transcript(SimulatedTranscript(messages=9, characters=10), "contact1")
    transcript.add(said("message1", ADA, "12345678901", 1))
    assert [message.text for message in transcript.messages()] == ["1 earlier messages are left out"]


@given(
    messages=st.integers(1, 5), characters=st.integers(1, 20), texts=st.lists(st.text("ab", min_size=1, max_size=12))
)
def test_the_latest_that_fit_are_kept(messages: int, characters: int, texts: list[str]) -> None:
    transcript = Transcript(SimulatedTranscript(messages=messages, characters=characters), "contact1")
    added = [said(f"message{n}", ADA, text) for n, text in enumerate(texts)]
    for message in added:
        transcript.add(message)
    kept = [message for message in transcript.messages() if message.party is ADA]
    fitting = [
        n
        for n in range(len(added) + 1)
        if len(added) - n <= messages and sum(len(message.text) for message in added[n:]) <= characters
    ]
    assert kept == added[fitting[0] :]
    left_out = [message.text for message in transcript.messages() if message.party == SYSTEM]
    assert left_out == ([f"{fitting[0]} earlier messages are left out"] if fitting[0] else [])
