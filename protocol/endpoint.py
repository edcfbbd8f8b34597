"""Where agent desktops connect, and the two forms that they may speak. Source: specs/protocol.md, "Envelope"."""

from typing import Final

PATH: Final = "/agent"

PLAIN: Final = "agent-session.v1"
"""One message a frame."""

BATCHED: Final = "agent-session-batch.v1"
"""Every frame is an array of one or more messages."""
