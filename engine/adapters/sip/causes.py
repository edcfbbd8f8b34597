"""Why a call has ended, from the words of the phone. Pure."""

import re
from typing import Final

from engine.adapters.sip.visits import PhoneCall
from engine.adapters.sip.words import CallState
from protocol.states import EndCause

GONE: Final = "gone"
"""Nobody has told of its end; it was missed when the phone was asked for its calls."""

_BY_US: Final = "by user"
_BY_THEM: Final = "by peer"
# Without the second r: so the phone writes it.
_TRANSFERRED: Final = ("Call transfered", "Call transferred")
_STATUS: Final = re.compile(r"^(?P<code>[3-6][0-9]{2})\b")
_BUSY: Final = (486, 600, 603)
_NOT_ANSWERED: Final = (408, 480, 487)


def cause_of(call: PhoneCall, *, transferring: bool) -> EndCause:
    if call.why.startswith(_TRANSFERRED) or (transferring and call.established):
        return EndCause.TRANSFERRED
    if call.cause is not None:
        return call.cause
    if call.why.endswith(_BY_US):
        return EndCause.REJECTED if call.state is CallState.INCOMING else EndCause.RELEASED
    if call.why.endswith(_BY_THEM):
        if call.established:
            return EndCause.REMOTE
        return EndCause.ABANDONED if call.state is CallState.INCOMING else EndCause.FAILED
    if match := _STATUS.match(call.why):
        return _of_status(int(match["code"]), call)
    return EndCause.FAILED


def _of_status(code: int, call: PhoneCall) -> EndCause:
    if call.state is CallState.INCOMING:
        return EndCause.ABANDONED
    if code in _BUSY and not call.established:
        return EndCause.BUSY
    if code in _NOT_ANSWERED and not call.established:
        return EndCause.NOANSWER
    return EndCause.FAILED
