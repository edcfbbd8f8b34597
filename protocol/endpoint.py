"""Where agent desktops connect, and the two forms that they may speak. Source: specs/protocol.md, "Envelope"."""

import re
from typing import Final

PATH: Final = "/agent"

PLAIN: Final = "agent-session.v1"
"""One message a frame."""

BATCHED: Final = "agent-session-batch.v1"
"""Every frame is an array of one or more messages."""

_COME_BACK: Final = re.compile(r"again in ([0-9]+(?:\.[0-9]+)?) s\b")


def come_back_reason(after_s: float) -> str:
    """The reason of a server's close frame when it stops; clients may read the seconds out of it."""
    return f"the server is stopping; connect again in {after_s:.10g} s"


def come_back_after(reason: str) -> float | None:
    """The seconds after which a client is to come back, if the reason of a close frame says so."""
    found = _COME_BACK.search(reason)
    return float(found[1]) if found else None
