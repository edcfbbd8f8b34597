"""The state of one channel, as a platform tells it."""

import attrs

from protocol.platform.checks import one, one_or_none, optional_text, plain_text
from protocol.states import AgentState, ChannelType, LoginState


@attrs.frozen(kw_only=True)
class ChannelReport:
    """The whole state of one channel, as the platform has it now.

    `agentstate` is set exactly while `loginstate` is ACTIVE; `reason` is the code of the present not-ready
    reason; `pendingagentstate` is what the platform will set when the present interaction ends.
    """

    endpoint: str = attrs.field(validator=plain_text)
    type: ChannelType = attrs.field(validator=one(ChannelType))
    name: str = attrs.field(validator=plain_text)
    loginstate: LoginState = attrs.field(validator=one(LoginState))
    agentstate: AgentState | None = attrs.field(default=None, validator=one_or_none(AgentState))
    reason: str | None = attrs.field(default=None, validator=optional_text)
    pendingagentstate: AgentState | None = attrs.field(default=None, validator=one_or_none(AgentState))

    def problem(self) -> str | None:
        """What makes this report impossible to take in, or None."""
        if not self.endpoint:
            return "a channel without an endpoint"
        if (self.agentstate is None) != (self.loginstate is not LoginState.ACTIVE):
            return f"channel {self.endpoint}: agentstate {self.agentstate} while {self.loginstate}"
        if self.pendingagentstate is not None and self.agentstate is None:
            return f"channel {self.endpoint}: pendingagentstate {self.pendingagentstate} while {self.loginstate}"
        return None
