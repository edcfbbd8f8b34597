"""A server that gives every HTTP request to its application, whatever its body."""

from starlette.types import Receive, Scope, Send

from engine.cli import main
from engine.http.guard import Guard


async def let_all_through(self: Guard, scope: Scope, receive: Receive, send: Send) -> None:
    await self._app(scope, receive, send)


Guard.__call__ = let_all_through  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
