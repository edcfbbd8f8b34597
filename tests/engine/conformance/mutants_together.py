"""Servers that go wrong where several things happen at once, or beside what a request is about."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs
from websockets.frames import Close, Opcode

from engine.conformance.line import frame
from engine.conformance.relay import Link, Unchanged
from tests.engine.conformance.mutant import (
    Message,
    Mutant,
    add,
    alter,
    answer,
    changes,
    drop,
    earlier,
    event,
    later,
    repeat,
    says,
)

AT_ONCE: Final = "requests that are sent at once are answered one after the other, each with its events"
BEHIND_START: Final = "what is asked behind session.start waits for its end"
LET_GO: Final = "a binding is let go of after the requests before it are answered"
TAKEN: Final = "who shows the token takes the session from the other connection"
REFUSED: Final = "a channel that is not active cannot go ready"
NO_JSON: Final = "the same key twice is refused"
SEVERAL: Final = "a group of several channels comes whole, and changes whole"
ACTIVATED: Final = "a channel is activated and deactivated"


def _complains(message: Message) -> bool:
    return message.get("failure", {}).get("code") == "INVALID_REQUEST" and "seq" not in message


def _numbered(message: Message) -> list[Message]:
    """A message for the session that another connection has."""
    listed = {"name": "session.externalnotreadyreasons.updated", "target": message["target"], "data": {"reasons": []}}
    return [{**listed, "seq": 1000}]


@attrs.define(eq=False)
class Beside(Unchanged):
    """Behind each complaint, bytes that belong to nothing."""

    link: Link
    data: bytes

    async def from_server(self, message: Message) -> Iterable[Message]:
        if _complains(message):
            await self.link.tell_client(message)
            await self.link.send_client(self.data)
            return []
        return [message]


def _beside(opcode: Opcode, payload: bytes) -> Callable[[Link], Beside]:
    return lambda link: Beside(link, frame(opcode, payload, masked=False))


def _of_channel(number: int, name: str = "channel.infochanged") -> Any:
    return lambda message: event(name)(message) and str(message["target"]).endswith(f".c{number}")


TOGETHER: Final = (
    Mutant(
        name="a request is answered among the events of the one before it",
        rules=("CMD-channel.ready", "O1", "O2"),
        scenarios=(AT_ONCE,),
        make=says(earlier(answer("channel.notready"), event("state.updated", "c"))),
    ),
    Mutant(
        name="of requests that are sent at once, the last one is not answered",
        rules=("O1",),
        scenarios=(AT_ONCE,),
        make=says(drop(answer("channel.ready", "failure"))),
    ),
    Mutant(
        name="what is asked behind session.start is answered before session.initialized",
        rules=("O8", "CMD-session.start"),
        scenarios=(BEHIND_START,),
        make=says(earlier(answer("session.addchannel"), event("session.initialized"))),
    ),
    Mutant(
        name="a binding is let go of before the requests before it are answered",
        rules=("SVC-6",),
        scenarios=(LET_GO,),
        make=says(earlier(answer("unbindSession"), answer("channel.ready"))),
    ),
    Mutant(
        name="the connection that has lost a session goes on to hear of it",
        rules=("SVC-3",),
        scenarios=(TAKEN,),
        make=says(add(event("session.unbound"), _numbered), numbered=False),
    ),
    Mutant(
        name="what a session refuses has no number",
        rules=("ENV-8",),
        scenarios=(REFUSED,),
        make=says(alter(answer("channel.ready", "failure"), lambda each: each.pop("seq"))),
    ),
    Mutant(
        name="what is no message is complained of twice",
        rules=("IN-1",),
        scenarios=(NO_JSON,),
        make=says(repeat(_complains)),
    ),
    Mutant(
        name="the connection ends behind a complaint",
        rules=("IN-1",),
        scenarios=(NO_JSON,),
        make=changes(_beside(Opcode.CLOSE, Close(1008, "").serialize())),
    ),
    Mutant(
        name="a binary frame is sent",
        rules=("ENV-1",),
        scenarios=(NO_JSON,),
        make=changes(_beside(Opcode.BINARY, b"{}")),
    ),
    Mutant(
        name="a text frame is no UTF-8",
        rules=("ENV-1",),
        scenarios=(NO_JSON,),
        make=changes(_beside(Opcode.TEXT, b'{"name": "\xc3\x28"}')),
    ),
    Mutant(
        name="a text has a lone surrogate",
        rules=("EV-1",),
        scenarios=(NO_JSON,),
        make=changes(_beside(Opcode.TEXT, rb'{"name": "\ud800"}')),
    ),
    Mutant(
        name="a connection that has let go of a session goes on to hear of it",
        rules=("SVC-3",),
        scenarios=(LET_GO,),
        make=says(add(answer("unbindSession"), _numbered), numbered=False),
    ),
    Mutant(
        name="what a session refuses for its form has no number",
        rules=("ENV-8",),
        scenarios=("null is no way to leave a property out",),
        make=says(alter(answer("session.logout", "failure"), lambda each: each.pop("seq"))),
    ),
    Mutant(
        name="of several channels of a group the last one is not told of",
        rules=("O5", "CMD-channelgroup.activateall"),
        scenarios=(SEVERAL,),
        make=says(drop(lambda each: _of_channel(2)(each) and each["data"]["channel"]["loginstate"] == "ACTIVE")),
    ),
    Mutant(
        name="the channels of a group change after the group",
        rules=("O5", "CMD-channelgroup.activateall"),
        scenarios=(SEVERAL,),
        make=says(later(_of_channel(2), event("state.updated", "g"))),
    ),
    Mutant(
        name="a supervisor who leaves is not told of",
        rules=("EV-interaction.party.joined",),
        scenarios=("a supervisor who looks on is told as a party",),
        make=says(drop(event("interaction.party.left"))),
    ),
    Mutant(
        name="a supervisor who looks on is told as an agent",
        rules=("EV-interaction.party.joined",),
        scenarios=("a supervisor who looks on is told as a party",),
        make=says(alter(event("interaction.party.joined"), lambda each: each["data"]["party"].update(role="AGENT"))),
    ),
    Mutant(
        name="a number that is busy ends as one that does not answer",
        rules=("ST-7",),
        scenarios=("a dialled number that is busy is told by the end of the interaction",),
        make=says(alter(event("interaction.ended"), lambda each: each["data"].update(cause="NOANSWER"))),
    ),
)
