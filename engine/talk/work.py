"""An agent who works by itself, for `work` in a script. What it does is on its agenda."""

import time
from collections.abc import Callable
from typing import Final

from engine.talk.agenda import Agenda
from engine.talk.client import Client
from engine.talk.received import Received

QUIET_S: Final = 60.0
"""When nothing has come for so long, there is nothing more to do."""


class Worker:
    """Works in the session of `client`. `show` is given what comes."""

    def __init__(self, client: Client, show: Callable[[Received], None]) -> None:
        self._client = client
        self._show = show
        self._agenda = Agenda()

    def work(self, quiet_s: float) -> None:
        """Until nothing has come for so long, the session is over, or Ctrl-C. Raises TalkError."""
        quiet_at = time.monotonic() + quiet_s
        try:
            while (now := time.monotonic()) < quiet_at and not self._client.unbound.is_set():
                self._agenda.look(self._client.view.objects.values(), now)
                for command, target, data in self._agenda.take(now):
                    self._client.send(command, target, data)
                next_at = min(quiet_at, self._agenda.next_at)
                received = self._client.receive(max(0.0, next_at - time.monotonic()))
                if received is not None:
                    self._show(received)
                    quiet_at = time.monotonic() + quiet_s
        except KeyboardInterrupt:
            return
