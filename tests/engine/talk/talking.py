"""A client that is talked through by a test: what it shows and tells is kept."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from engine.talk.client import Client, Login, log_in
from engine.talk.errors import TalkError
from engine.talk.kept import Kept
from engine.talk.received import Received
from tests.engine.talk.fake_server import FakeServer, JsonObject

LOGIN: Final = Login(agent="agent1", password="pass")
WAIT_S: Final = 10.0


class Talk:
    """A client with all that it shows and tells."""

    def __init__(
        self,
        server: FakeServer | str,
        *,
        batched: bool = False,
        bearer: str | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.shown: list[Received] = []
        self.told: list[str] = []
        url = server if isinstance(server, str) else server.url
        self.client = Client(url, batched=batched, tell=self.told.append, bearer=bearer, kept=kept)

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def log_in(self, login: Login = LOGIN, *, may_override: Callable[[str], bool] = lambda _: False) -> "Talk":
        log_in(self.client, login, may_override=may_override, show=self.shown.append)
        return self

    def wait_for(self, **properties: Any) -> JsonObject:
        """Receive until a message has these properties."""

        def fits(received: Received) -> bool:
            return properties.items() <= received.message.items()

        received = self.client.wait_for(fits, self.shown.append, WAIT_S)
        assert received is not None, f"nothing like {properties} came"
        return received.message


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(TalkError) as raised:
        act()
    return str(raised.value)
