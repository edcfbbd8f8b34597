"""How often something may happen."""


class Rate:
    """A token bucket: `per_s` in the long run, and a burst of as many."""

    def __init__(self, per_s: float, *, now: float) -> None:
        self.one_s = 1 / per_s
        """How long one takes in the long run."""
        self._per_s = per_s
        self._tokens = per_s
        self._at = now

    def allows(self, now: float) -> bool:
        """Take one token, if there is one."""
        self._refill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def is_full(self, now: float) -> bool:
        """Is all forgotten that was taken?"""
        self._refill(now)
        return self._tokens >= self._per_s

    def _refill(self, now: float) -> None:
        self._tokens = min(self._per_s, self._tokens + (now - self._at) * self._per_s)
        self._at = now
