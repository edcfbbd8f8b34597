"""Password and key hashes: argon2id, made and checked in threads, a few at a time, so that the loop never waits.

The library is imported where a hash is made or checked: agents who come back after a restart show none.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import trio

from engine.security.settings import KIB_A_LANE, Hashing

if TYPE_CHECKING:
    import argon2

REMEMBERED: Final = 4_096
"""Keys that were right, so that a program which shows its key with every request pays for it once."""
SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32
FORM: Final = re.compile(
    r"(\$argon2id(?:\$v=(?:16|19))?\$)m=([1-9]\d*),t=([1-9]\d*),p=([1-9]\d*)(\$[\w+/]+\$[\w+/]+)", re.ASCII
)
"""Of a hash, as argon2 reads it: in this order, without a sign, a space or a leading zero."""
COST_MOST: Final = 2**32 - 1
LANES_MOST: Final = 2**24 - 1


def make_hash(secret: str, settings: Hashing) -> str:
    """Takes tens of milliseconds of CPU."""
    return _hasher(settings).hash(secret)


def check_hash(text: str) -> None:
    """Raises ValueError unless it is a hash that we can check. Costs next to nothing."""
    import argon2

    try:
        parameters = argon2.extract_parameters(text)
    except argon2.exceptions.InvalidHashError:
        raise ValueError("is no argon2 hash; make one with `ixp users hash`") from None
    if parameters.type is not argon2.Type.ID:
        raise ValueError("is no argon2id hash; make one with `ixp users hash`")
    if why := _why_uncheckable(text):
        raise ValueError(f"is a hash that argon2 cannot check ({why}); make one with `ixp users hash`")


def _why_uncheckable(text: str) -> str:
    """ "" where nothing is wrong. Else whoever it belongs to would be told at each login that their secret is wrong."""
    import argon2.low_level

    form = FORM.fullmatch(text)
    if form is None:
        return "it is cut or mistyped"
    head, *costs, salt_and_digest = form.groups()
    memory_kib, passes, lanes = map(int, costs)
    if max(memory_kib, passes) > COST_MOST or lanes > LANES_MOST:
        return "a parameter is too large"
    if memory_kib < KIB_A_LANE * lanes:
        return f"its memory is less than {KIB_A_LANE} KiB for each lane"
    if memory_kib > _memory_kib():
        return f"it takes {memory_kib} KiB of memory, more than this machine has"
    try:
        # Whether salt and digest are whole, argon2 itself says: as those of the cheapest hash there is.
        argon2.low_level.verify_secret(f"{head}m={KIB_A_LANE},t=1,p=1{salt_and_digest}".encode(), b"", argon2.Type.ID)
    except argon2.exceptions.VerifyMismatchError:
        return ""
    except argon2.exceptions.VerificationError as error:
        return str(error).lower()
    return ""


def _memory_kib() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024


def _hasher(settings: Hashing) -> "argon2.PasswordHasher":
    import argon2

    return argon2.PasswordHasher(
        time_cost=settings.time_cost, memory_cost=settings.memory_kib, parallelism=settings.parallelism
    )


def stand_in(hashes: Iterable[str]) -> str | None:
    """A hash that nothing fits, and that costs what most of these do; None when there are none.

    It is checked in place of the hash of somebody who is unknown, so that time does not tell.
    """
    costs = Counter(_costs(each) for each in hashes)
    if not costs:
        return None
    ((cost, _),) = costs.most_common(1)
    salt, digest = (base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (SALT_BYTES, DIGEST_BYTES))
    return f"{cost}${salt}${digest}"


def _costs(text: str) -> str:
    """The part of a hash before salt and digest: kind, version, parameters."""
    return text.rsplit("$", 2)[0]


class Hasher:
    """Checks secrets against hashes. Made inside of trio."""

    def __init__(self, settings: Hashing) -> None:
        self._settings = settings
        self._turns = trio.Semaphore(settings.at_once)
        self._threads = trio.CapacityLimiter(settings.at_once)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(DIGEST_BYTES)

    async def fits(self, text: str, given: str, *, at_turn: Callable[[], None], remember: bool = False) -> bool:
        """Is `given` what the hash was made of? `at_turn` is called when a thread is free, and may raise to give up.

        `remember`, for keys alone, which nobody can guess: a right one is known again without the work.
        """
        mark = hmac.digest(self._salt, f"{text}\0{given}".encode(), hashlib.sha256) if remember else b""
        if mark in self._known:
            self._known.move_to_end(mark)
            return True
        async with self._turns:
            at_turn()
            right = await trio.to_thread.run_sync(self._check, text, given, limiter=self._threads)
        if right and remember:
            self._known[mark] = None
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return right

    def _check(self, text: str, given: str) -> bool:
        from argon2.exceptions import VerificationError

        try:
            return _hasher(self._settings).verify(text, given)
        except VerificationError:
            return False
