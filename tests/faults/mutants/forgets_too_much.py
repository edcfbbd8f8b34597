"""A server that forgets what a session has not outgrown yet."""

from engine.journal.writer import Writer
from protocol.ids import SessionId
from tests.faults import serve

trim = Writer.trim


async def eager(self: Writer, session: SessionId, *, messages: int, size: int) -> None:
    await trim(self, session, messages=1, size=size)


if __name__ == "__main__":
    Writer.trim = eager  # type: ignore[method-assign] # that is the defect
    serve.main()
