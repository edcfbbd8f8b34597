"""What a promise is: an id, a sentence, where it is written, what it needs, and the function that tries it."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

import attrs

from engine.adapters.contract.bench import Bench
from protocol.platform import Feature

PAGE: Final = "specs/adapter-interface.md"
"""Where the contract is written."""

Keep = Callable[[Bench], Awaitable[None]]


@attrs.frozen(kw_only=True)
class Promise:
    """One row of the table."""

    id: str
    says: str
    """What is promised, as one sentence."""
    section: str
    """Of the page."""
    keep: Keep
    """Tries it on a platform that is as new. Raises BrokenPromise."""
    features: frozenset[Feature] = frozenset()
    """What the adapter must declare; without one of them nothing is promised here."""
    hooks: tuple[str, ...] = ()
    """What the bench must offer for it to be tried."""

    @property
    def group(self) -> str:
        """The part of the id that says what it is about, such as life or calls."""
        return self.id.split("-")[1].lower()

    @property
    def name(self) -> str:
        """That of the function."""
        return str(getattr(self.keep, "__name__", self.id))

    @property
    def source(self) -> str:
        return f'{PAGE}, "{self.section}"'

    def not_applicable(self, declared: Collection[Feature]) -> str | None:
        """Why nothing is promised by an adapter that declares these, or None."""
        missing = [feature for feature in Feature if feature in self.features and feature not in declared]
        return f"needs feature {', '.join(missing)}" if missing else None

    def not_tried(self, bench: Bench) -> str | None:
        """Why it cannot be tried with this bench, or None."""
        missing = self.missing(bench)
        return f"the bench lacks the hook{'s' * (len(missing) > 1)} {', '.join(missing)}" if missing else None

    def missing(self, bench: Bench) -> tuple[str, ...]:
        """The hooks that it needs, and that this bench does not offer."""
        return tuple(hook for hook in self.hooks if not bench.offers(hook))
