"""A server that gives a session to whoever comes, and does not tell the one who had it."""

from engine.sessions.desktop import Desktop
from engine.sessions.holding import Holding
from tests.faults import serve

let_go = Holding.let_go


def silently(self: Holding, *, release: bool = False) -> Desktop | None:
    desktop = let_go(self, release=release)
    return desktop if release else None


if __name__ == "__main__":
    Holding.let_go = silently  # type: ignore[method-assign] # that is the defect
    serve.main()
