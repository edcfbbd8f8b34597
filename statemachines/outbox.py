"""What a session says: responses and events become numbered messages, and answered requestids are remembered."""

import traceback
from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from protocol.commands import Success as SuccessForm
from protocol.convert import WIRE
from protocol.errors import Refused
from protocol.events import By, IdInfo
from protocol.ids import Target
from protocol.messages import BadRequest, Failure, FailureInfo, Message, Request, Success
from protocol.results import ChannelStates
from statemachines.context import context_of
from statemachines.effects import Send
from statemachines.operation import Done
from statemachines.play import play
from statemachines.sequences import Happening
from statemachines.world import Session


@attrs.define(kw_only=True)
class Outbox:
    """Makes the messages of one session, each with the next number."""

    session: Session
    debug: bool = False
    """Messages carry their context and failures a stack trace."""
    seq: int = 0
    """The number of the last message."""
    epoch: int = 1
    """How many desktops have begun anew, the first one included."""
    epoch_began: int = 0
    """The number of the last message before the present epoch: what came until then is of another one."""
    answered: dict[str, int] = attrs.field(factory=dict)
    """The requestids of the requests that were answered, each with the number of its response."""

    def rewind(self, seq: int) -> None:
        """Nothing was said after message `seq`."""
        self.seq = seq
        self.answered = {requestid: number for requestid, number in self.answered.items() if number <= seq}

    def begin_epoch(self) -> None:
        self.epoch, self.epoch_began = self.epoch + 1, self.seq

    def success(self, request: Request, outcome: Done) -> Send:
        message = Success(
            command=request.name,
            target=str(request.target),
            data=_success_data(request, outcome),
            requestid=request.requestid,
        )
        return self._send(message, message.target, request.requestid)

    def failure(self, refusal: Refused, request: Request | BadRequest, culprit: str | None = None) -> Send:
        """`culprit`: the id of the channel that stood in the way."""
        message = Failure(
            command=request.name,
            target=None if request.target is None else str(request.target),
            failure=FailureInfo(
                code=refusal.code,
                message=refusal.message,
                channel=None if culprit is None else IdInfo(id=culprit),
                context="".join(traceback.format_exception(refusal)) if self.debug else None,
            ),
            original=request.original,
            requestid=request.requestid,
        )
        return self._send(message, message.target, request.requestid if isinstance(request, Request) else None)

    def tell(self, happenings: Iterable[Happening], cause: str | None = None, by: By | None = None) -> Iterator[Send]:
        """The events of these. `cause`: the requestid of the request that brought them about."""
        for happening in happenings:
            for event in play(happening, self.session, cause):
                yield self._send(event if by is None else attrs.evolve(event, by=by), event.target)

    def _send(self, message: Message, target: str | None, requestid: str | None = None) -> Send:
        self.seq += 1
        if requestid is not None:
            self.answered[requestid] = self.seq
        context = context_of(self.session, Target.parse(target)) if self.debug and target is not None else None
        return Send(self.seq, message, requestid, context)


def _success_data(request: Request, outcome: Done) -> Any:
    echo = request.original.get("data", {})
    match request.command.success:
        case SuccessForm.NONE:
            return None
        case SuccessForm.EMPTY:
            return {}
        case SuccessForm.ECHO:
            return echo
        case _:
            own = WIRE.unstructure(outcome.data)
            return {**echo, **own} if isinstance(outcome.data, ChannelStates) else own
