"""Guessing stops: too many failures of one id, or from one address, and nothing more is tried for a time.

Ids that nobody has count like those of people, and the answer is the same whichever of the two is locked: so being
locked out tells nothing about who there is.
"""

import math
from collections import OrderedDict, deque

import attrs
import trio

from engine.security.addresses import counted_as
from engine.security.settings import LockoutSettings
from protocol.errors import FailureCode, Refused


class Locked(Refused):
    """Too many failures. `retry_s`: when it is worth another attempt."""

    def __init__(self, retry_s: int) -> None:
        super().__init__(FailureCode.AUTH_FAILED, f"too many logins have failed; try again in {retry_s} s")
        self.retry_s = retry_s


@attrs.define
class _Record:
    failures: deque[float]
    locked_until: float = -math.inf


class _Counts:
    """Failures of some kind of name, within the window. As many names are remembered as `most`."""

    def __init__(self, allowed: int, settings: LockoutSettings) -> None:
        self._allowed = allowed
        self._settings = settings
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def locked_for(self, name: str) -> float:
        record = self._records.get(name)
        return 0.0 if record is None else max(0.0, record.locked_until - trio.current_time())

    def failed(self, name: str) -> bool:
        """Count; True when this locks the name."""
        now = trio.current_time()
        record = self._records.setdefault(name, _Record(deque(maxlen=self._allowed)))
        self._records.move_to_end(name)
        if len(self._records) > self._settings.remembered:
            self._records.popitem(last=False)
        record.failures.append(now)
        if len(record.failures) < self._allowed or record.failures[0] < now - self._settings.window_s:
            return False
        record.failures.clear()
        record.locked_until = now + self._settings.locked_s
        return True

    def forget(self, name: str) -> None:
        self._records.pop(name, None)


class Lockout:
    def __init__(self, settings: LockoutSettings) -> None:
        self._ids = _Counts(settings.failures, settings)
        self._addresses = _Counts(settings.failures_of_address, settings)

    def __len__(self) -> int:
        """How many ids and addresses are remembered."""
        return len(self._ids) + len(self._addresses)

    def check(self, who: str, address: str) -> None:
        """Raises Locked."""
        locked_for = max(self._ids.locked_for(who), self._addresses.locked_for(counted_as(address)))
        if locked_for:
            raise Locked(math.ceil(locked_for))

    def failed(self, who: str, address: str) -> list[str]:
        """Count a failure; what is locked by it: "id", "address"."""
        counted = {"id": self._ids.failed(who), "address": self._addresses.failed(counted_as(address))}
        return [name for name, locked in counted.items() if locked]

    def succeeded(self, who: str) -> None:
        """The id starts anew. The address does not: one right password would pay for guesses at all others."""
        self._ids.forget(who)
