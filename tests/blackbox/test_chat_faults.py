"""Contacts where something goes wrong: answers that come too late, customers who flood, a platform that is lost.

Source: specs/adapter-interface.md, "Reports"; specs/simulator.md.
"""

from typing import Final

import httpx2

from engine.conformance.view import JsonObject
from tests.blackbox.client import AgentSession, Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess, wait_until
from tests.blackbox.test_calls import Outside

KEY: Final = "0123456789abcdef"
CENTRE: Final = f"""
[[operators]]
id = "ops"
key = "{KEY}"

[[simulator.queues]]
name = "Questions"
"""
FLOOD: Final = {"do": "say", "text": "x", "times": 1_000_000, "every_s": 0}


def faulty(call: str, kind: str) -> str:
    return f'\n[[simulator.faults]]\ncall = "{call}"\nkind = "{kind}"\n'


class Operator(Outside):
    """The world outside, with the key."""

    def __init__(self, server: ServerProcess) -> None:
        self._http = httpx2.Client(
            base_url=server.http_url, trust_env=False, headers={"Authorization": f"Bearer {KEY}"}
        )

    def contacts(self) -> list[JsonObject]:
        found: list[JsonObject] = self._http.get("/simulator").json()["contacts"]
        return found


def at_work(desktop: Desktop) -> AgentSession:
    """Started, and ready for chats and emails, at g1.c2 and g1.c3."""
    session = desktop.session_of("agent1")
    session.do("session.start")
    group = {"name": "Default", "chat": True, "email": True, "callback": False}
    session.do("session.addchannelgroup", data={"channelgroup": group})
    session.do("channelgroup.activateall", "g1")
    for channel in ("g1.c2", "g1.c3"):
        session.do("channel.ready", channel)
    return session


def texts(messages: list[JsonObject]) -> list[str]:
    """Of the messages that were added."""
    added = (message for message in messages if message.get("name") == "interaction.message.added")
    return [message["data"]["message"]["text"] for message in added]


def flooded(outside: Operator, session: AgentSession, chats: int = 1) -> list[str]:
    """Customers whose chats are taken, and who write as fast as they can from then on; the paths of the chats."""
    for n in range(chats):
        steps = [{"do": "await_agent"}, FLOOD]
        outside.post("chats", {"queue": "Questions", "name": f"Eve {n}", "script": {"steps": steps}})
        session.wait_news("interaction.initialized")
    paths = [f"g1.c2.i{n}" for n in range(1, chats + 1)]
    for path in paths:
        session.send("interaction.accept", path)
    session.settle()
    return paths


def codes(messages: list[JsonObject]) -> list[str]:
    return [code_of(message) for message in messages if "result" in message]


def test_a_message_whose_answer_comes_too_late_is_told_all_the_same(serve: Serve) -> None:
    faults = faulty("SendMessage", "late") + faulty("ReplyEmail", "late")
    server = serve(config("[platform]\ncall_timeout_s = 0.3\n") + CENTRE + faults)
    with Operator(server) as outside, Desktop(server.agent_url) as desktop:
        session = at_work(desktop)
        outside.post("chats", {"queue": "Questions", "name": "Eve"})
        session.wait_news("interaction.initialized")
        session.do("interaction.accept", "g1.c2.i1")
        session.send("interaction.message.send", "g1.c2.i1", {"text": "Hello"})
        news = session.wait_news("interaction.message.added")
        assert (codes(news), texts(news)) == (["TIMEOUT"], ["Hello"])
        outside.post("emails", {"queue": "Questions", "from": "eve@example.com", "subject": "Boots", "text": "Where?"})
        session.wait_news("interaction.initialized")
        session.do("interaction.accept", "g1.c3.i2")
        session.send("interaction.reply", "g1.c3.i2", {"text": "There."})
        news = session.wait_news("interaction.disposed")
        assert (codes(news), texts(news)) == (["TIMEOUT"], ["There."])
        assert texts(session.do("interaction.message.send", "g1.c2.i1", {"text": "Still there?"})) == ["Still there?"]


def test_the_wrapup_of_a_lost_session_ends_and_the_phone_is_free(serve: Serve) -> None:
    text = config("[platform]\nhold_s = 0\n") + CENTRE + "\n[simulator.wrapup_s]\ntelephony = 0.3\n"
    server = serve(text, errors=("platform_lost", "sessions_not_held"))
    with Operator(server) as outside, Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.do("session.addchannel", data={"channel": {"endpoint": "4001", "type": "Telephony"}})
        session.do("channel.activate", "c1")
        call = outside.call("4001")
        session.wait_news("interaction.initialized")
        session.do("interaction.accept", "c1.i1")
        outside.post(f"calls/{call}/hangup")
        session.wait_news("interaction.ended")
        outside.post("platform/lose")
        session.wait_news("session.disposed")
        wait_until(lambda: not outside.contacts(), "the wrap-up over")
        outside.call("4001")
        (contact,) = outside.contacts()
        assert [visit["endpoint"] for visit in contact["agents"]] == ["4001"]


def test_a_customer_who_floods_while_the_platform_hangs_costs_no_more_than_the_chat(serve: Serve) -> None:
    bounds = "[limits]\ninbox_reports = 500\ninbox_posts = 50\n[platform]\ncall_timeout_s = 2.0\n"
    server = serve(config(bounds) + CENTRE + faulty("SetTyping", "hang"), errors=("adapter_call_timeout",))
    with Operator(server) as outside, Desktop(server.agent_url) as desktop:
        session = at_work(desktop)
        paths = flooded(outside, session, chats=3)
        news = session.do("interaction.typing.start", paths[0])
        assert codes(news) == ["TIMEOUT"]
        news += session.settle()
        assert len([text for text in texts(news) if "left out here" in text]) >= 3
        for path in paths:
            assert codes(session.do("interaction.release", path)) == ["success"]
        outside.post("emails", {"queue": "Questions", "from": "bob@example.com", "subject": "Boots", "text": "Where?"})
        session.wait_news("interaction.initialized")
