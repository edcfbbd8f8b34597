"""Messages that belong to a connection and not to a session: they carry no number and are kept nowhere."""

from protocol.errors import Refused
from protocol.events import SessionUnbound
from protocol.ids import SessionId
from protocol.messages import BadRequest, Event, Failure, FailureInfo, Request, Success
from protocol.results import ResultData


def success(request: Request | BadRequest, data: ResultData | None = None) -> Success:
    """The answer to a request that is not a session's own affair."""
    target = None if request.target is None else str(request.target)
    return Success(command=request.name or "", target=target, data=data, requestid=request.requestid)


def failure(refusal: Refused, request: Request | BadRequest) -> Failure:
    """The answer to a request that never came to its session."""
    return Failure(
        command=request.name,
        target=None if request.target is None else str(request.target),
        failure=FailureInfo(code=refusal.code, message=refusal.message),
        original=request.original,
        requestid=request.requestid,
    )


def bound_elsewhere(session: SessionId) -> Event:
    """To the connection that loses the session to another one with the right to it."""
    return Event(
        name="session.unbound",
        target=session,
        data=SessionUnbound(message="another connection has bound the session with its resumetoken"),
    )
