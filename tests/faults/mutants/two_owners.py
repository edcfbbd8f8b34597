"""A server that gives a session to whoever comes, and does not tell the one who had it."""

from engine.sessions.actor import SessionActor
from engine.sessions.desktop import Desktop
from tests.faults import serve

let_go = SessionActor._let_go


def silently(self: SessionActor, *, release: bool = False) -> Desktop | None:
    desktop = let_go(self, release=release)
    return desktop if release else None


if __name__ == "__main__":
    SessionActor._let_go = silently  # type: ignore[method-assign] # that is the defect
    serve.main()
