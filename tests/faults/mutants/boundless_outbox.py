"""A server that keeps for a client whatever the client does not read."""

from engine.cli import main
from engine.transport.outbox import Outbox

put = Outbox.put


def put_always(self: Outbox, text: bytes) -> bool:
    self._bound = 2**62
    return put(self, text)


Outbox.put = put_always  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
