"""What a platform says of channels: specs/adapter-interface.md, "Reports"."""

import attrs
import pytest

from protocol.platform import CHANNEL_FEATURES, ChannelReport, Feature
from protocol.states import AgentState, ChannelType, LoginState

REPORT = ChannelReport(endpoint="1", type=ChannelType.CHAT, name="Chat", loginstate=LoginState.INACTIVE)


@pytest.mark.parametrize("loginstate", LoginState)
@pytest.mark.parametrize("agentstate", [None, *AgentState])
def test_agentstate_is_there_exactly_while_active(loginstate: LoginState, agentstate: AgentState | None) -> None:
    report = attrs.evolve(REPORT, loginstate=loginstate, agentstate=agentstate)
    if (loginstate is LoginState.ACTIVE) == (agentstate is not None):
        assert report.problem() is None
    else:
        assert report.problem() == f"channel 1: agentstate {agentstate} while {loginstate}"


@pytest.mark.parametrize("loginstate", [LoginState.INACTIVE, LoginState.UNAVAILABLE])
def test_no_agentstate_is_pending_where_nobody_is_logged_in(loginstate: LoginState) -> None:
    report = attrs.evolve(REPORT, loginstate=loginstate, pendingagentstate=AgentState.READY)
    assert report.problem() == f"channel 1: pendingagentstate READY while {loginstate}"


@pytest.mark.parametrize("agentstate", AgentState)
@pytest.mark.parametrize("pending", [None, *AgentState])
def test_any_agentstate_may_be_pending_while_active(agentstate: AgentState, pending: AgentState | None) -> None:
    active = attrs.evolve(REPORT, loginstate=LoginState.ACTIVE, agentstate=agentstate, pendingagentstate=pending)
    assert active.problem() is None


def test_a_channel_has_an_endpoint() -> None:
    assert attrs.evolve(REPORT, endpoint="").problem() == "a channel without an endpoint"


def test_every_channel_type_has_its_feature() -> None:
    assert {kind.lower(): feature.value for kind, feature in CHANNEL_FEATURES.items()} == {
        "telephony": "telephony",
        "chat": "chat",
        "email": "email",
        "callback": "callback",
    }
    assert set(CHANNEL_FEATURES.values()) < set(Feature)
