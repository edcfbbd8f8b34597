"""The life of a session. Source: specs/protocol.md, "States"."""

from typing import Final

from protocol.states import SessionState
from statemachines.table import Row, build

_S = SessionState

SESSION: Final = build(
    "session",
    _S.PREPARED,
    (
        Row("start", _S.PREPARED, _S.INITIALIZING),
        Row("start_failed", _S.INITIALIZING, _S.PREPARED),
        Row("initialized", _S.INITIALIZING, _S.INITIALIZED),
        # The client has lost its history (RESET) and begins again with session.start.
        Row("reset", _S.PREPARED, _S.PREPARED),
        Row("reset", _S.INITIALIZED, _S.PREPARED),
        Row("logout", _S.INITIALIZED, _S.LOGGINGOUT),
        Row("logout_failed", _S.LOGGINGOUT, _S.INITIALIZED),
        Row("logged_out", _S.LOGGINGOUT, _S.DISPOSED),
        # Takeover, expiry, loss of the platform, a supervisor, a defect of ours.
        *(Row("dispose", state, _S.DISPOSED) for state in _S if state is not _S.DISPOSED),
    ),
    final=(_S.DISPOSED,),
)
