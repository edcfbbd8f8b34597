import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import Agent, ConfigError, Operator, Supervisor
from engine.security.directory import Directory, Entry, RevokedToken
from engine.security.hashing import Hasher, make_hash
from engine.security.identities import Identities
from engine.security.lockout import Locked
from engine.security.settings import Hashing, LockoutSettings, Role

CHEAP = Hashing(memory_kib=8, time_cost=1)
HASH = make_hash("s3cret", CHEAP)
WHO = Identities([Agent(id="ada", password="s3cret"), Agent(id="zoë", password="größer")])
WRONG = (
    ("ada", "S3cret"),
    ("ada", ""),
    ("ada", "größer"),
    ("bob", "s3cret"),
    ("bob", "\0"),
    ("", ""),
)


def hashed(**more: object) -> Identities:
    return Identities([Agent(id="ada", password_hash=HASH), Agent(id="zoë", password="größer")], hashing=CHEAP, **more)


async def test_the_right_password_opens() -> None:
    assert await WHO.verify("ada", "s3cret")
    assert await WHO.verify("zoë", "größer")


@pytest.mark.parametrize(("agent", "password"), WRONG)
async def test_anything_else_does_not(agent: str, password: str) -> None:
    assert not await WHO.verify(agent, password)
    assert not await hashed().verify(agent, password)


async def test_hashes_and_plain_passwords_stand_side_by_side() -> None:
    who = hashed()
    assert await who.verify("ada", "s3cret")
    assert await who.verify("zoë", "größer")
    assert not await who.verify("ada", HASH)


@pytest.mark.parametrize(("agent", "password"), [*WRONG, ("zoë", "wrong"), ("zoë", "größer")])
async def test_everybody_costs_one_hash_where_anybody_has_one(
    monkeypatch: pytest.MonkeyPatch, agent: str, password: str
) -> None:
    costs: list[str] = []
    check = Hasher._check

    def counted(self: Hasher, text: str, given: str) -> bool:
        costs.append(text.rsplit("$", 2)[0])
        return check(self, text, given)

    monkeypatch.setattr(Hasher, "_check", counted)
    await hashed().verify(agent, password)
    assert costs == [HASH.rsplit("$", 2)[0]]


async def test_keys_say_whose_they_are() -> None:
    directory = Directory(
        people=(
            Entry(id="crm", role=Role.SERVICE, hash=HASH, team=("ada",)),
            Entry(id="olga", role=Role.OPERATOR, hash=HASH),
        )
    )
    who = Identities(operators=[Operator(id="tester", key="a key of many.letters")], directory=directory, hashing=CHEAP)
    for key, id_ in (("crm.s3cret", "crm"), ("olga.s3cret", "olga"), ("a key of many.letters", "tester")):
        found = await who.holder(key)
        assert found is not None
        assert found.id == id_
    for key in ("crm.wrong", "crm", "s3cret", "ada.s3cret", "tester.letters", "", ".", "crm.s3cret.x"):
        assert await who.holder(key) is None


async def test_a_wrong_key_is_not_recorded_even_in_part() -> None:
    with capture_logs() as logs:
        await WHO.holder("nearly-the-right-key.of-somebody", "192.0.2.1")
    assert [(log["event"], log["who"]) for log in logs] == [("login_failed", "unknown")]
    assert "nearly" not in repr(logs)


async def test_the_revoked_are_refused_like_the_unknown() -> None:
    who = Identities(directory=Directory(people=(Entry(id="ada", role=Role.AGENT, hash=HASH, revoked="now"),)))
    assert not await who.verify("ada", "s3cret")
    assert who.barred("ada")
    assert not who.barred("bob")


async def test_a_new_directory_takes_the_place_of_the_old() -> None:
    who = Identities(directory=Directory(people=(Entry(id="ada", role=Role.AGENT, hash=HASH),)), hashing=CHEAP)
    who.take(
        Directory(
            people=(Entry(id="bob", role=Role.AGENT, hash=HASH),), revoked_tokens=(RevokedToken(jti="j", at="now"),)
        )
    )
    assert not await who.verify("ada", "s3cret")
    assert await who.verify("bob", "s3cret")
    assert who.token_revoked("j")
    assert not who.token_revoked(None)


async def test_nobody_is_in_the_directory_and_in_the_configuration() -> None:
    who = Identities(supervisors=[Supervisor(id="grace", password="x")])
    with pytest.raises(
        ConfigError, match=r"grace is in the directory and in the .* file; take one out: `ixp users remove grace`"
    ):
        who.take(Directory(people=(Entry(id="grace", role=Role.AGENT),)))


async def test_too_many_failures_lock_whoever_is_meant(autojump_clock: MockClock) -> None:
    """The right password, a wrong one and an unknown id get the same answer."""
    who = Identities([Agent(id="ada", password="s3cret")], lockout=LockoutSettings(failures=3, locked_s=60))
    for agent in ("ada", "nobody"):
        for _ in range(3):
            assert not await who.verify(agent, "wrong", "192.0.2.1")
    said = set()
    for agent, password in (("ada", "s3cret"), ("ada", "wrong"), ("nobody", "wrong")):
        with pytest.raises(Locked) as locked:
            await who.verify(agent, password, "192.0.2.2")
        said.add(locked.value.message)
    assert said == {"too many logins have failed; try again in 60 s"}
    await trio.sleep(60.1)
    assert await who.verify("ada", "s3cret")


async def test_guesses_that_wait_for_a_thread_are_given_up_when_the_lock_falls() -> None:
    who = hashed(lockout=LockoutSettings(failures=2))
    outcomes: list[str] = []

    async def guess() -> None:
        try:
            outcomes.append(str(bool(await who.verify("ada", "wrong"))))
        except Locked:
            outcomes.append("locked")

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(guess)
    # As many as there are threads may have begun when the second failure was counted.
    assert 2 <= outcomes.count("False") <= 2 + CHEAP.at_once
    assert outcomes.count("False") + outcomes.count("locked") == 20


async def test_the_loop_goes_on_while_a_password_is_checked() -> None:
    """Checked by the turns that another task gets in the meantime."""
    dear = Hashing(memory_kib=65_536, time_cost=4)
    who = Identities([Agent(id="ada", password_hash=make_hash("s3cret", dear))], hashing=dear)
    turns, done = 0, trio.Event()

    async def others() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await trio.sleep(0.001)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        assert await who.verify("ada", "s3cret")
        done.set()
    assert turns > 5
