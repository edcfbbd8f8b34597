"""A server that sends what is not kept yet."""

from engine.sessions.ledger import Taken
from tests.faults import serve


async def at_once(_: Taken) -> None:
    """Do not wait for the journal."""


if __name__ == "__main__":
    Taken.wait_kept = at_once  # type: ignore[method-assign] # that is the defect
    serve.main()
