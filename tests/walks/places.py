"""What a platform says of an agent's channels and groups, sound and impossible."""

from collections.abc import Sequence

from protocol.platform import ChannelReport, GroupReport
from protocol.states import AgentState, ChannelType, LoginState
from tests.strategies import Dice

ENDPOINTS = tuple(f"400{n}" for n in range(1, 9))
GROUP_NAMES = ("Default", "Sales", "Service")
REASONS = (None, "LUNCH", "MEETING")


def channel_report(
    dice: Dice, endpoint: str, kind: ChannelType | None = None, loginstate: LoginState | None = None
) -> ChannelReport:
    """A sound report: `agentstate` and what hangs on it exactly while ACTIVE."""
    login = loginstate or dice.pick((LoginState.ACTIVE, LoginState.INACTIVE, LoginState.ACTIVE, LoginState.UNAVAILABLE))
    active = login is LoginState.ACTIVE
    return ChannelReport(
        endpoint=endpoint,
        type=kind or dice.pick(tuple(ChannelType)),
        name=dice.pick(("Desk phone", "Web chat")),
        loginstate=login,
        agentstate=dice.pick(tuple(AgentState)) if active else None,
        reason=dice.pick(REASONS) if active else None,
        pendingagentstate=dice.pick((None, None, *AgentState)) if active else None,
    )


def impossible_channel(dice: Dice, endpoint: str) -> ChannelReport:
    """Agent state without a login, at present or to come, or a login without agent state."""
    wrong = dice.pick(("login", "agentstate", "pendingagentstate"))
    logged_out = dice.pick((LoginState.INACTIVE, LoginState.UNAVAILABLE))
    return ChannelReport(
        endpoint=endpoint,
        type=ChannelType.TELEPHONY,
        name="Desk phone",
        loginstate=LoginState.ACTIVE if wrong == "login" else logged_out,
        agentstate=AgentState.READY if wrong == "agentstate" else None,
        pendingagentstate=AgentState.READY if wrong == "pendingagentstate" else None,
    )


def group_report(dice: Dice, name: str, used: frozenset[str] = frozenset()) -> GroupReport:
    """A group whose endpoints are none of `used`."""
    free = [at for at in (f"{name[:2]}{n}" for n in range(1, 5)) if at not in used]
    return GroupReport(name=name, channels=tuple(channel_report(dice, at) for at in dice.some(free)))


def some_channels(dice: Dice, endpoints: Sequence[str]) -> tuple[ChannelReport, ...]:
    """At most three, at some of the endpoints."""
    return tuple(channel_report(dice, at) for at in dice.some(endpoints)[:3])
