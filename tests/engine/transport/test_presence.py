import pytest

from engine.transport.presence import Presence
from protocol.errors import FailureCode, Refused


def test_one_person_is_at_so_many_connections() -> None:
    presence = Presence(2)
    presence.arrive("ada", "first")
    presence.arrive("ada", "second")
    presence.arrive("ada", "second")  # again at the same is no other
    presence.arrive("bob", "third")
    with pytest.raises(Refused) as refused:
        presence.arrive("ada", "third")
    assert refused.value.code is FailureCode.OVERLOADED
    presence.leave("first")
    presence.arrive("ada", "third")


def test_nothing_is_kept_of_who_has_left() -> None:
    presence = Presence(1)
    presence.arrive("ada", "first")
    presence.leave("first")
    presence.leave("first")
    assert not presence._at
    assert not presence._people
