"""What a view keeps of a session, in words for people."""

from collections.abc import Sequence


def events(named: Sequence[tuple[str, str]]) -> str:
    """Each has a name and a target."""
    return " and ".join(f"{name} for {target}" for name, target in named)


def within(brackets: Sequence[str]) -> str:
    """Where something came, by the targets whose brackets are open, outermost first."""
    return f"between created and initialized of {brackets[-1]}" if brackets else "outside of its bracket"
