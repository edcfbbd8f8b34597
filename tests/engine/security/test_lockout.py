import pytest
import trio
from trio.testing import MockClock

from engine.security.lockout import Locked, Lockout
from engine.security.settings import LockoutSettings

SETTINGS = LockoutSettings(failures=3, failures_of_address=5, window_s=100, locked_s=60, remembered=10)
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def lockout() -> Lockout:
    return Lockout(SETTINGS)


async def test_an_id_is_locked_from_everywhere_and_for_a_time(lockout: Lockout, autojump_clock: MockClock) -> None:
    assert [lockout.failed("ada", HERE) for _ in range(3)] == [[], [], ["id"]]
    with pytest.raises(Locked) as locked:
        lockout.check("ada", THERE)
    assert locked.value.retry_s == 60
    lockout.check("bob", HERE)
    await trio.sleep(59)
    with pytest.raises(Locked, match="try again in 1 s"):
        lockout.check("ada", HERE)
    await trio.sleep(2)
    lockout.check("ada", HERE)
    assert [lockout.failed("ada", THERE) for _ in range(3)] == [[], [], ["id"]]


async def test_an_address_is_locked_whatever_ids_it_tries(lockout: Lockout, autojump_clock: MockClock) -> None:
    told = [lockout.failed(f"agent{number}", HERE) for number in range(5)]
    assert told == [[], [], [], [], ["address"]]
    with pytest.raises(Locked):
        lockout.check("somebody else", HERE)
    lockout.check("agent1", THERE)


async def test_a_network_of_ipv6_is_locked_as_one_address_is(lockout: Lockout, autojump_clock: MockClock) -> None:
    told = [lockout.failed(f"agent{number}", f"2001:db8::{number}") for number in range(5)]
    assert told[-1] == ["address"]
    with pytest.raises(Locked):
        lockout.check("somebody else", "2001:db8::99")
    lockout.check("somebody else", "2001:db8:0:1::99")


async def test_failures_outside_of_the_window_do_not_count(lockout: Lockout, autojump_clock: MockClock) -> None:
    for _ in range(5):
        assert lockout.failed("ada", HERE) == []
        await trio.sleep(51)
        lockout.check("ada", HERE)


async def test_success_starts_the_id_anew_and_not_the_address(lockout: Lockout, autojump_clock: MockClock) -> None:
    for _ in range(2):
        lockout.failed("ada", HERE)
        lockout.failed("ada", HERE)
        lockout.succeeded("ada")
    lockout.check("ada", HERE)
    assert lockout.failed("bob", HERE) == ["address"]


async def test_memory_is_bounded(lockout: Lockout, autojump_clock: MockClock) -> None:
    for number in range(1000):
        lockout.failed(f"id {number}", f"address {number}")
    assert len(lockout) == 2 * SETTINGS.remembered
