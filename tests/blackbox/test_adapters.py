"""Several CTI platforms at one server, as `[[adapters]]` of its file has it: the loss of one leaves the others."""

from typing import Final

from tests.blackbox.client import Desktop, code_of, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import wait_until

TWO: Final = """
[platform]
restart_first_s = 1.0

[[adapters]]
adapter = "simulator"
channels = ["TELEPHONY"]

[[adapters]]
name = "media"
adapter = "engine.adapters.simulator.alone:open_adapter"
channels = ["CHAT", "EMAIL"]
groups = ["Sales"]

[[adapters.settings.agents]]
id = "agent1"
extension = "5001"

[[adapters.settings.groups]]
name = "Sales"

[[adapters.settings.faults]]
call = "SetAgentState"
kind = "die"
"""
SALES: Final = {"channelgroup": {"name": "Sales", "chat": True, "email": True, "callback": False}}


def test_telephony_from_one_and_media_from_another(serve: Serve) -> None:
    server = serve(config(TWO), errors=("platform_lost",))
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        events = session.do("session.addchannelgroup", data=SALES)
        types = [event["data"]["channel"]["type"] for event in events if event.get("name") == "channel.initialized"]
        assert types == ["TELEPHONY", "CHAT", "EMAIL"]
        for channel in ("g1.c1", "g1.c2"):
            assert code_of(session.do("channel.activate", channel)[0]) == "success"
        answer, *_ = session.do("channel.ready", "g1.c2")
        assert code_of(answer) == "PLATFORM_UNAVAILABLE", "the other platform has died of it"
        assert server.get("/readyz").json()["reasons"] == ["the CTI platform media is away"]
        session.wait_login("g1.c2", "UNAVAILABLE")
        session.settle()
        assert code_of(session.do("channel.ready", "g1.c1")[0]) == "success", "telephony goes on"

        wait_until(lambda: server.get("/readyz").status_code == 200, "the platform is back")
        session.wait_login("g1.c2", "ACTIVE")
        session.settle()
        assert code_of(session.do("channel.ready", "g1.c2")[0]) == "success"
        assert told(session.do("session.logout")) == ["session.logout: success"]
