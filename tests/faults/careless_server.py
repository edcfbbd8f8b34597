"""The server with one of its guards taken out: `python -m tests.faults.careless_server MUTANT serve …`.

A judge that lets a mutant pass proves nothing. Each mutant is one function of the product replaced in a process of its
own; everything else is as it is shipped.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import jwt

from engine.cli import main
from engine.security.door import Door
from engine.security.identities import Identities
from engine.security.origins import Origins
from engine.transport.rights import Rights
from engine.transport.server import AgentServer
from protocol.errors import Refused

_enter, _decode, _check = Door.enter, jwt.decode, Origins.check


def _nothing(*_: Any, **__: Any) -> None:
    """What is not judged."""


def _check_if_there_is_one(self: Origins, origins: Sequence[str], host: str) -> None:
    if origins:
        _check(self, origins, host)


async def _enter_anyhow(self: Door, knock: Any) -> Any:
    try:
        return await _enter(self, knock)
    except Refused:
        return None


def _decode_carelessly(token: str, key: Any, **more: Any) -> Any:
    more["options"] = {**more["options"], "verify_aud": False, "verify_iss": False}
    return _decode(token, key, **more)


def _decode_forever(token: str, key: Any, **more: Any) -> Any:
    more["options"] = {**more["options"], "verify_exp": False}
    return _decode(token, key, **more)


MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    "any origin": lambda: setattr(Origins, "check", _nothing),
    "no origin": lambda: setattr(Origins, "check", _check_if_there_is_one),
    "accepts whoever is refused": lambda: setattr(Door, "enter", _enter_anyhow),
    "other tenants": lambda: setattr(jwt, "decode", _decode_carelessly),
    "expired tokens": lambda: setattr(jwt, "decode", _decode_forever),
    "revoked tokens": lambda: setattr(Identities, "token_revoked", lambda *_: False),
    "nobody is expelled": lambda: setattr(AgentServer, "expel", _nothing),
    "acts for anybody": lambda: setattr(Rights, "_check_acts_for", _nothing),
    "binds anybody's": lambda: setattr(Rights, "_may_touch", lambda *_: True),
}

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    main()
