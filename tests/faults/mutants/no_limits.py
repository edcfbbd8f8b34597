"""A server that lets everybody do everything as often and as slowly as they like."""

import math

from engine.cli import main
from engine.config import Limits
from engine.transport.gate import Gate
from engine.transport.rate import Rate

Rate.allows = lambda *_: True  # type: ignore[method-assign,assignment] - that is the mutation
Gate._judge = lambda *_: None  # type: ignore[method-assign,assignment] - that is the mutation

as_configured = Limits.__init__


def generous(self: Limits, **more: float) -> None:
    as_configured(self, **{**more, "handshake_s": 1e6, "pong_within_s": 1e6, "handshakes_per_address": int(1e6)})
    assert math.isfinite(self.handshake_s)


Limits.__init__ = generous  # type: ignore[method-assign,assignment] - that is the mutation

if __name__ == "__main__":
    main()
