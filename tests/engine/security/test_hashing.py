import string

import argon2
import pytest
import trio
from argon2.exceptions import VerifyMismatchError
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.security import hashing
from engine.security.hashing import Hasher, check_hash, make_hash, stand_in
from engine.security.settings import Hashing

CHEAP = Hashing(memory_kib=8, time_cost=1)


def at_any_time() -> None:
    """A turn is never given up."""


def test_hashes_are_made_as_the_settings_say_and_are_never_the_same() -> None:
    first, second = (make_hash("secret-word", Hashing(memory_kib=16, time_cost=3, parallelism=2)) for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=16,t=3,p=2$")
    assert first != second
    assert "secret-word" not in first
    check_hash(first)


@pytest.mark.parametrize(
    "text", ["", "secret-word", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=1$", "x" * 1000]
)
def test_what_is_no_hash_is_told_how_to_be_made(text: str) -> None:
    with pytest.raises(ValueError, match="ixp users hash"):
        check_hash(text)


SOUND = "$argon2id$v=19$m=8,t=1,p=1$jwWoNeGy2veAvFYKykNdsQ$t9NdJ7YnRS2KPGwNnPrFswA1sDGw168BSzGDE4Xtrvg"
"""Of "x"."""
*_, PARAMETERS, SALT, DIGEST = SOUND.split("$")


@pytest.mark.parametrize(
    ("part", "other", "why"),
    [
        (PARAMETERS, "m=7,t=1,p=1", "less than 8 KiB for each lane"),
        (PARAMETERS, "m=8,t=1,p=2", "less than 8 KiB for each lane"),
        (PARAMETERS, "m=8,t=0,p=1", "cut or mistyped"),
        (PARAMETERS, "m=8,t=1,p=0", "cut or mistyped"),
        (PARAMETERS, "m=8,t=-1,p=1", "cut or mistyped"),
        (PARAMETERS, "m=08,t=1,p=1", "cut or mistyped"),
        (PARAMETERS, "t=1,m=8,p=1", "cut or mistyped"),
        (PARAMETERS, "m=٨,t=1,p=1", "cut or mistyped"),
        (PARAMETERS, "m=4294967296,t=1,p=1", "too large"),
        (PARAMETERS, "m=8,t=4294967296,p=1", "too large"),
        (PARAMETERS, "m=134217728,t=1,p=16777216", "too large"),
        (PARAMETERS, "m=4294967295,t=1,p=1", "more than this machine has"),
        ("v=19", "v=20", "cut or mistyped"),
        (SALT, "", "cut or mistyped"),
        (SALT, "AAAA", "salt is too short"),
        (SALT, "AAAAAAAAAAB", "decoding failed"),
        (SALT, SALT + "==", "cut or mistyped"),
        (SALT, "!" * 22, "cut or mistyped"),
        (SALT, "a-b_" * 4, "cut or mistyped"),
        (DIGEST, DIGEST[:-2], "decoding failed"),
        (DIGEST, "AAA", "output is too short"),
        (DIGEST, DIGEST + "\n", "cut or mistyped"),
        (DIGEST, "é" * 43, "cut or mistyped"),
    ],
)
def test_what_argon2_cannot_check_is_told_with_what_is_wrong(part: str, other: str, why: str) -> None:
    check_hash(SOUND)
    with pytest.raises(ValueError, match=why) as error:
        check_hash(SOUND.replace(part, other))
    assert "ixp users hash" in str(error.value)
    assert SALT not in str(error.value)


@settings(deadline=None)
@given(at=st.integers(0, len(SOUND) - 1), other=st.sampled_from(string.printable))
def test_a_slip_of_the_pen_is_refused_or_makes_a_hash_that_can_be_checked(at: int, other: str) -> None:
    text = SOUND[:at] + other + SOUND[at + 1 :]
    try:
        check_hash(text)
    except ValueError:
        return
    with pytest.raises(VerifyMismatchError):
        argon2.PasswordHasher().verify(text, "y")


def test_a_hash_of_the_older_version_is_read() -> None:
    check_hash(SOUND.replace("v=19", "v=16"))
    check_hash(SOUND.replace("$v=19", ""))


def test_other_kinds_of_argon2_are_refused() -> None:
    with pytest.raises(ValueError, match="no argon2id hash"):
        check_hash(make_hash("x", CHEAP).replace("argon2id", "argon2i"))


def test_the_stand_in_costs_what_most_cost() -> None:
    dear = make_hash("x", Hashing(memory_kib=32, time_cost=2))
    found = stand_in([make_hash("x", CHEAP), dear, make_hash("y", Hashing(memory_kib=32, time_cost=2))])
    assert found is not None
    assert found.rsplit("$", 2)[0] == dear.rsplit("$", 2)[0]
    assert [len(part) for part in found.split("$")] == [len(part) for part in dear.split("$")]
    check_hash(found)
    assert stand_in([]) is None


async def test_only_what_was_hashed_fits() -> None:
    hasher, text = Hasher(CHEAP), make_hash("größer", CHEAP)
    assert await hasher.fits(text, "größer", at_turn=at_any_time)
    for wrong in ("Größer", "", text, "größer\0"):
        assert not await hasher.fits(text, wrong, at_turn=at_any_time)
    nothing = stand_in([text])
    assert nothing is not None
    assert not await hasher.fits(nothing, "größer", at_turn=at_any_time)


async def test_so_many_are_computed_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, text = Hasher(Hashing(memory_kib=8, time_cost=1, at_once=2)), make_hash("x", CHEAP)
    most = 0

    def look() -> None:
        nonlocal most
        most = max(most, hasher._threads.borrowed_tokens + 1)

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(lambda: hasher.fits(text, "x", at_turn=look))
    assert most == 2


async def test_a_right_key_is_known_again_without_the_work_and_a_wrong_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher, text, worked = Hasher(CHEAP), make_hash("x", CHEAP), 0
    check = Hasher._check

    def counted(self: Hasher, text: str, given: str) -> bool:
        nonlocal worked
        worked += 1
        return check(self, text, given)

    monkeypatch.setattr(Hasher, "_check", counted)
    for _ in range(3):
        assert await hasher.fits(text, "x", at_turn=at_any_time, remember=True)
    assert worked == 1
    for _ in range(3):
        assert not await hasher.fits(text, "y", at_turn=at_any_time, remember=True)
    assert worked == 4
    # Another hash: the key was changed, and the old one is not known any longer.
    assert not await hasher.fits(make_hash("z", CHEAP), "x", at_turn=at_any_time, remember=True)


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, text = Hasher(CHEAP), make_hash("x", CHEAP)
    monkeypatch.setattr(Hasher, "_check", lambda *_: True)
    monkeypatch.setattr(hashing, "REMEMBERED", 5)
    for number in range(10):
        await hasher.fits(text, str(number), at_turn=at_any_time, remember=True)
    assert len(hasher._known) == 5
