"""An honest agent in a process of its own, who comes back after a kill like all others, and then works on.

`python -m tests.faults.honest URL AGENT` prints "prepared" when it may be cut off; and behind its resumption, for each
command, when it was sent and how long it took: seconds, by the machine's monotonic clock. It ends when it is cut off
once more.
"""

import json
import sys
import time
from typing import Any, Final

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.faults.serve import PASSWORD

PATIENCE_S: Final = 120.0
PAUSE_S: Final = 0.01

Message = dict[str, Any]


class Honest:
    def __init__(self, url: str, agent: str) -> None:
        self._url, self._agent = url, agent
        self._seq = 0

    def ask(self, socket: ClientConnection, command: str, result: str = "success", **more: Any) -> Message:
        """The answer, which has this result."""
        socket.send(json.dumps({"command": command, **more}))
        while True:
            message: Message = json.loads(socket.recv(PATIENCE_S))
            self._seq = message.get("seq", self._seq)
            if "result" in message:
                assert message["result"] == result, message
                return message

    def live(self) -> None:
        with self._connected() as socket:
            agent = {"id": self._agent, "password": PASSWORD}
            prepared = self.ask(socket, "prepareSession", data={"agent": agent, "override": True})["data"]
            session: str = prepared["session"]["id"]
            bound = self.ask(socket, "bindSession", target=session)["data"]
            self.ask(socket, "session.start", target=session)
            # What comes behind an answer is counted with this one.
            self.ask(socket, "session.request.externalnotreadyreasons", target=session)
            print("prepared", flush=True)
            self._wait_cut_off(socket)
        with self._connected() as socket:
            resume = {"token": prepared["resumetoken"], "epoch": bound["epoch"], "seq": self._seq}
            assert (
                self.ask(socket, "bindSession", target=session, data={"resume": resume})["data"]["outcome"] == "RESUMED"
            )
            try:
                while True:
                    begun = time.monotonic()
                    # The platform, which is asked for thousands of agents, has no part in it.
                    self.ask(socket, "channel.ready", "failure", target=f"{session}.c9")
                    print(begun, time.monotonic() - begun, flush=True)
                    time.sleep(PAUSE_S)
            except ConnectionClosed:
                pass

    def _connected(self) -> ClientConnection:
        """As soon as the port accepts connections."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return connect(
                    self._url,
                    compression=None,
                    ping_interval=None,
                    open_timeout=PATIENCE_S,
                    proxy=None,
                    close_timeout=1.0,
                )
            except (OSError, WebSocketException):
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_S)

    @staticmethod
    def _wait_cut_off(socket: ClientConnection) -> None:
        try:
            while True:
                socket.recv(PATIENCE_S)
        except ConnectionClosed:
            pass


if __name__ == "__main__":
    Honest(*sys.argv[1:]).live()
