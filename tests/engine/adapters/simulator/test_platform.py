"""The switch by itself: what each call and each hand at a phone does, and who hears of it."""

from typing import Any

import attrs
import pytest

from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatedAgent, SimulatedGroup, SimulatorSettings
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    DeactivateChannel,
    DirectoryEntry,
    Feature,
    ListDirectory,
    ListDispositions,
    ListLogoutReasons,
    ListNotReadyReasons,
    LogoutAgent,
    PlatformCall,
    ReasonCode,
    RemoveChannel,
    RemoveGroup,
    Report,
    SetAgentState,
    StartAgent,
)
from protocol.states import CONNECTION_LOST, AgentState, ChannelType, LoginState

BREAK, LUNCH = ReasonCode(code="BREAK", name="Break"), ReasonCode(code="LUNCH", name="Lunch")
HOME = ReasonCode(code="HOME", name="Going home")
SOLVED = ReasonCode(code="SOLVED", name="Solved")
DESK = DirectoryEntry(name="Front desk", number="4900", type="internal")

ADA = SimulatedAgent(id="ada", name="Ada", extension="4001")
BOB = SimulatedAgent(id="bob", extension="4002", groups=("Help",))
SETTINGS = SimulatorSettings(
    agents=(ADA, BOB),
    groups=(SimulatedGroup(name="Sales"), SimulatedGroup(name="Help", email=False)),
    extra_extensions=("4900",),
    not_ready_reasons=(BREAK, LUNCH),
    logout_reasons=(HOME,),
    dispositions=(SOLVED,),
    directory=(DESK,),
)


class Heard:
    """A line to the switch that keeps what is said on it."""

    def __init__(self, switch: Switch) -> None:
        self.said: list[tuple[str, str, LoginState, AgentState | None, str | None]] = []
        self.breaks = 0
        switch.connect(self)

    def changed(self, agent: str, report: Report) -> None:
        assert isinstance(report, ChannelReport)
        assert report.problem() is None
        self.said.append((agent, report.endpoint, report.loginstate, report.agentstate, report.reason))

    def broken(self) -> None:
        self.breaks += 1

    def take(self) -> list[tuple[str, str, LoginState, AgentState | None, str | None]]:
        said, self.said = self.said, []
        return said


def switch_with(**changes: Any) -> Switch:
    return Switch(attrs.evolve(SETTINGS, **changes))


def telephony(extension: str) -> AddChannel:
    return AddChannel(endpoint=extension, type=ChannelType.TELEPHONY)


def join(name: str, *, chat: bool = True, email: bool = True, callback: bool = True) -> AddGroup:
    return AddGroup(name=name, chat=chat, email=email, callback=callback)


def not_ready(endpoint: str, reason: str | None = None) -> SetAgentState:
    return SetAgentState(endpoint=endpoint, agentstate=AgentState.NOTREADY, reason=reason)


def ready(endpoint: str) -> SetAgentState:
    return SetAgentState(endpoint=endpoint, agentstate=AgentState.READY)


def activate(endpoint: str) -> ActivateChannel:
    return ActivateChannel(endpoint=endpoint)


def refusal(switch: Switch, agent: str, call: PlatformCall[Any]) -> tuple[FailureCode, str]:
    with pytest.raises(Refused) as refused:
        switch.perform(agent, call)
    return refused.value.code, refused.value.message


def endpoints(reports: tuple[ChannelReport, ...]) -> list[str]:
    return [report.endpoint for report in reports]


ACTIVE, INACTIVE, UNAVAILABLE = LoginState.ACTIVE, LoginState.INACTIVE, LoginState.UNAVAILABLE
NOTREADY, READY, WORK = AgentState.NOTREADY, AgentState.READY, AgentState.WORK

# Starting


def test_settings_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"simulator\.agents\[1\]\.id"):
        switch_with(agents=(ADA, ADA))


def test_an_unknown_agent_is_refused_with_the_remedy() -> None:
    code, message = refusal(switch_with(), "eve", StartAgent())
    assert code is FailureCode.PLATFORM_ERROR
    assert message == "the simulator knows no agent eve; add it under [[simulator.agents]]"


def test_an_agent_that_has_nothing_starts_with_nothing() -> None:
    switch = switch_with()
    snapshot = switch.perform("ada", StartAgent())
    assert (snapshot.agent_name, snapshot.groups, snapshot.channels) == ("Ada", (), ())
    assert switch.perform("bob", StartAgent()).agent_name == "bob"


def test_an_agent_starts_with_the_channel_of_the_phone_it_sits_down_at() -> None:
    switch = switch_with()
    (phone,) = switch.perform("ada", StartAgent(extension="4900")).channels
    assert phone == ChannelReport(endpoint="4900", type=ChannelType.TELEPHONY, name="Phone 4900", loginstate=INACTIVE)
    assert endpoints(switch.perform("ada", join("Sales")).channels)[0] != "4900"
    assert switch.perform("ada", StartAgent(extension="4900")).channels == (phone,)


def test_the_phone_of_a_joined_group_is_no_standalone_channel_as_well() -> None:
    switch = switch_with(agents=(attrs.evolve(ADA, joined=("Sales",)), BOB))
    snapshot = switch.perform("ada", StartAgent(extension="4001"))
    assert endpoints(snapshot.groups[0].channels) == ["4001", "Sales-chat-ada", "Sales-email-ada", "Sales-callback-ada"]
    assert snapshot.channels == ()
    assert endpoints(switch.perform("ada", StartAgent(extension="4900")).channels) == ["4900"]


def test_an_extension_that_is_unknown_or_in_use_is_refused() -> None:
    switch = switch_with(agents=(ADA, attrs.evolve(BOB, logged_in=True)))
    code, message = refusal(switch, "ada", StartAgent(extension="4999"))
    assert code is FailureCode.CHANNEL_UNAVAILABLE
    assert "no endpoint 4999; choose another, or add it to simulator.extra_extensions" in message
    code, message = refusal(switch, "ada", StartAgent(extension="4002"))
    assert code is FailureCode.CHANNEL_UNAVAILABLE
    assert message == "bob has 4002; choose another, or have it freed"
    assert switch.perform("ada", StartAgent()).channels == ()


def test_who_is_logged_in_at_the_phone_before_starts_with_it() -> None:
    switch = switch_with(agents=(attrs.evolve(ADA, logged_in=True, agentstate=WORK), BOB))
    (phone,) = switch.perform("ada", StartAgent()).channels
    assert (phone.endpoint, phone.loginstate, phone.agentstate) == ("4001", ACTIVE, WORK)
    assert endpoints(switch.perform("ada", join("Sales", email=False)).channels) == [
        "Sales-chat-ada",
        "Sales-callback-ada",
    ]


def test_what_was_added_is_there_at_the_next_start_until_logout() -> None:
    switch = switch_with()
    switch.perform("ada", StartAgent(extension="4900"))
    switch.perform("ada", join("Sales", chat=False, email=False, callback=False))
    switch.perform("ada", AddChannel(endpoint="my mail", type=ChannelType.EMAIL))
    switch.perform("ada", activate("my mail"))
    snapshot = switch.perform("ada", StartAgent())
    assert [(group.name, endpoints(group.channels)) for group in snapshot.groups] == [("Sales", [])]
    assert endpoints(snapshot.channels) == ["4900", "my mail"]
    assert snapshot.channels[1].loginstate is ACTIVE
    switch.perform("ada", LogoutAgent())
    snapshot = switch.perform("ada", StartAgent())
    assert snapshot.groups == snapshot.channels == ()
    # The seat is given up, too: the next group comes with the agent's own phone.
    assert endpoints(switch.perform("ada", join("Sales")).channels)[0] == "4001"


# Adding and removing


def test_channels_are_added_by_anyone_at_a_free_phone() -> None:
    switch = switch_with()
    heard = Heard(switch)
    for agent in ("ada", "bob"):
        assert switch.perform(agent, telephony("4002")).loginstate is INACTIVE
        assert heard.take() == [(agent, "4002", INACTIVE, None, None)]
    switch.perform("ada", telephony("4002"))
    assert heard.take() == []


def test_a_phone_that_is_unknown_or_in_use_is_not_added() -> None:
    switch = switch_with()
    code, message = refusal(switch, "ada", telephony("4999"))
    assert code is FailureCode.CHANNEL_UNAVAILABLE
    assert "simulator.extra_extensions" in message
    switch.perform("bob", telephony("4002"))
    switch.perform("bob", activate("4002"))
    assert refusal(switch, "ada", telephony("4002"))[0] is FailureCode.CHANNEL_UNAVAILABLE
    assert switch.perform("ada", StartAgent()).channels == ()


def test_media_endpoints_are_made_on_demand_and_belong_to_the_first() -> None:
    switch = switch_with()
    chat = AddChannel(endpoint="web", type=ChannelType.CHAT)
    assert switch.perform("ada", chat) == switch.perform("ada", chat)
    assert switch.perform("ada", chat).name == "Chat web"
    assert refusal(switch, "bob", chat) == (
        FailureCode.CHANNEL_UNAVAILABLE,
        "ada has web; choose another, or have it freed",
    )
    switch.perform("ada", RemoveChannel(endpoint="web"))
    assert switch.perform("bob", AddChannel(endpoint="web", type=ChannelType.EMAIL)).type is ChannelType.EMAIL


@pytest.mark.parametrize(
    ("endpoint", "kind", "message"),
    [
        ("4001", ChannelType.CHAT, "4001 is a TELEPHONY endpoint, not CHAT; choose another"),
        ("web", ChannelType.EMAIL, "web is a CHAT endpoint, not EMAIL; choose another"),
        ("web", ChannelType.TELEPHONY, "web is a CHAT endpoint, not TELEPHONY; choose another"),
    ],
)
def test_an_endpoint_has_one_type(endpoint: str, kind: ChannelType, message: str) -> None:
    switch = switch_with()
    switch.perform("ada", AddChannel(endpoint="web", type=ChannelType.CHAT))
    assert refusal(switch, "ada", AddChannel(endpoint=endpoint, type=kind)) == (
        FailureCode.CHANNEL_UNAVAILABLE,
        message,
    )


def test_a_group_comes_with_the_phone_and_the_media_asked_for_and_offered() -> None:
    switch = switch_with()
    heard = Heard(switch)
    group = switch.perform("bob", join("Help", callback=False))
    assert [(report.endpoint, report.name, report.type) for report in group.channels] == [
        ("4002", "Phone 4002", ChannelType.TELEPHONY),
        ("Help-chat-bob", "Help Chat", ChannelType.CHAT),
    ]
    assert [said[:2] for said in heard.take()] == [("bob", "4002"), ("bob", "Help-chat-bob")]
    # Asked again for more, it has the new one besides.
    assert endpoints(switch.perform("bob", join("Help")).channels) == ["4002", "Help-chat-bob", "Help-callback-bob"]
    assert [said[:2] for said in heard.take()] == [("bob", "Help-callback-bob")]


def test_a_group_comes_without_the_media_that_it_does_not_offer() -> None:
    switch = switch_with(groups=(SimulatedGroup(name="Help", chat=False, email=False, callback=False),))
    assert endpoints(switch.perform("bob", join("Help")).channels) == ["4002"]


def test_the_phone_is_in_the_first_group_only() -> None:
    switch = switch_with()
    switch.perform("ada", join("Sales"))
    assert endpoints(switch.perform("ada", join("Help")).channels) == ["Help-chat-ada", "Help-callback-ada"]


def test_a_phone_in_use_comes_unavailable_with_its_group() -> None:
    switch = switch_with()
    switch.phone("4001", "login", agent="bob")
    assert switch.perform("ada", join("Sales")).channels[0].loginstate is UNAVAILABLE


@pytest.mark.parametrize(
    ("groups", "name", "message"),
    [
        (None, "Nowhere", "ada may not join Nowhere, but Sales, Help; choose one of these"),
        (("Help",), "Sales", "ada may not join Sales, but Help; choose one of these"),
        ((), "Sales", "ada may not join Sales, but no group; choose one of these"),
    ],
)
def test_a_group_that_the_agent_may_not_join_is_refused(
    groups: tuple[str, ...] | None, name: str, message: str
) -> None:
    switch = switch_with(agents=(attrs.evolve(ADA, groups=groups),))
    assert refusal(switch, "ada", join(name)) == (FailureCode.INVALID_TARGET, message)


def test_a_group_whose_media_address_another_has_is_not_joined_at_all() -> None:
    switch = switch_with()
    switch.perform("bob", AddChannel(endpoint="Sales-email-ada", type=ChannelType.EMAIL))
    assert refusal(switch, "ada", join("Sales"))[0] is FailureCode.CHANNEL_UNAVAILABLE
    assert switch.perform("ada", StartAgent()).groups == ()


def test_removing_logs_out_first_and_is_repeatable() -> None:
    switch = switch_with()
    heard = Heard(switch)
    switch.perform("ada", telephony("4001"))
    switch.perform("bob", telephony("4001"))
    switch.perform("ada", activate("4001"))
    heard.take()
    switch.perform("ada", RemoveChannel(endpoint="4001"))
    assert heard.take() == [("ada", "4001", INACTIVE, None, None), ("bob", "4001", INACTIVE, None, None)]
    for gone in ("4001", "never there"):
        switch.perform("ada", RemoveChannel(endpoint=gone))
    switch.perform("bob", activate("4001"))
    assert heard.take() == [("bob", "4001", ACTIVE, NOTREADY, None)]


def test_a_channel_of_a_group_goes_with_its_group_only() -> None:
    switch = switch_with()
    heard = Heard(switch)
    switch.perform("ada", join("Sales"))
    switch.perform("ada", activate("Sales-chat-ada"))
    code, message = refusal(switch, "ada", RemoveChannel(endpoint="4001"))
    assert code is FailureCode.INVALID_TARGET
    assert "4001 belongs to group Sales" in message
    heard.take()
    switch.perform("ada", RemoveGroup(name="Sales"))
    assert heard.take() == [("ada", "Sales-chat-ada", INACTIVE, None, None)]
    switch.perform("ada", RemoveGroup(name="Sales"))
    assert switch.perform("ada", StartAgent()).groups == ()


# Logging in and out


@pytest.mark.parametrize(("auto_in", "state"), [(False, NOTREADY), (True, READY)])
def test_an_activated_channel_is_ready_only_with_auto_in(auto_in: bool, state: AgentState) -> None:
    switch = switch_with(auto_in=auto_in)
    heard = Heard(switch)
    switch.perform("ada", telephony("4001"))
    heard.take()
    assert switch.perform("ada", activate("4001")).agentstate is state
    assert heard.take() == [("ada", "4001", ACTIVE, state, None)]
    switch.perform("ada", ready("4001"))
    heard.take()
    assert switch.perform("ada", activate("4001")).agentstate is READY
    assert heard.take() == []


def test_others_at_the_endpoint_see_it_taken_and_freed() -> None:
    switch = switch_with()
    heard = Heard(switch)
    for agent in ("ada", "bob"):
        switch.perform(agent, telephony("4900"))
    heard.take()
    switch.perform("bob", activate("4900"))
    assert heard.take() == [("bob", "4900", ACTIVE, NOTREADY, None), ("ada", "4900", UNAVAILABLE, None, None)]
    for call in (activate("4900"), DeactivateChannel(endpoint="4900"), ready("4900")):
        assert refusal(switch, "ada", call) == (
            FailureCode.CHANNEL_UNAVAILABLE,
            "bob has 4900; choose another, or have it freed",
        )
    assert switch.perform("ada", telephony("4900")).loginstate is UNAVAILABLE
    switch.perform("bob", ready("4900"))
    assert heard.take() == [("bob", "4900", ACTIVE, READY, None)]
    switch.perform("bob", DeactivateChannel(endpoint="4900"))
    assert heard.take() == [("bob", "4900", INACTIVE, None, None), ("ada", "4900", INACTIVE, None, None)]
    switch.perform("bob", DeactivateChannel(endpoint="4900"))
    assert heard.take() == []


def test_no_reason_is_left_of_the_login_before() -> None:
    switch = switch_with()
    switch.perform("ada", telephony("4001"))
    for call in (activate("4001"), not_ready("4001", "BREAK"), DeactivateChannel(endpoint="4001")):
        switch.perform("ada", call)
    assert switch.perform("ada", activate("4001")).reason is None


@pytest.mark.parametrize("call", [activate("4001"), DeactivateChannel(endpoint="4001"), ready("4001")])
def test_without_a_channel_nothing_is_done_there(call: PlatformCall[Any]) -> None:
    switch = switch_with()
    assert refusal(switch, "ada", call) == (
        FailureCode.CHANNEL_UNAVAILABLE,
        "ada has no channel at 4001; add it first",
    )


def test_a_logout_frees_everything_and_others_hear_of_it() -> None:
    switch = switch_with()
    switch.perform("ada", join("Sales"))
    switch.perform("ada", telephony("4900"))
    switch.perform("bob", telephony("4900"))
    for endpoint in ("4001", "4900", "Sales-chat-ada"):
        switch.perform("ada", activate(endpoint))
    heard = Heard(switch)
    for _ in range(2):
        switch.perform("ada", LogoutAgent())
    assert sorted(heard.take()) == [
        ("ada", "4001", INACTIVE, None, None),
        ("ada", "4900", INACTIVE, None, None),
        ("ada", "Sales-chat-ada", INACTIVE, None, None),
        ("bob", "4900", INACTIVE, None, None),
    ]
    switch.perform("bob", AddChannel(endpoint="Sales-chat-ada", type=ChannelType.CHAT))
    switch.perform("bob", activate("4900"))
    assert [said[0] for said in heard.take()] == ["bob", "bob"]


# Agent states and reasons


def test_states_and_reasons_are_set_and_told_once() -> None:
    switch = switch_with()
    heard = Heard(switch)
    switch.perform("ada", telephony("4001"))
    assert refusal(switch, "ada", ready("4001")) == (
        FailureCode.CHANNEL_INACTIVE,
        "ada is not logged in at 4001; activate it first",
    )
    switch.perform("ada", activate("4001"))
    heard.take()
    for call in (
        ready("4001"),
        ready("4001"),
        not_ready("4001", "BREAK"),
        not_ready("4001", "BREAK"),
        not_ready("4001", "LUNCH"),
        not_ready("4001"),
        SetAgentState(endpoint="4001", agentstate=READY, reason="meaningless"),
    ):
        switch.perform("ada", call)
    assert [said[3:] for said in heard.take()] == [
        (READY, None),
        (NOTREADY, "BREAK"),
        (NOTREADY, "LUNCH"),
        (NOTREADY, None),
        (READY, None),
    ]


@pytest.mark.parametrize(
    ("changes", "reason", "code"),
    [
        ({}, None, None),
        ({}, "LUNCH", None),
        ({}, "GOLF", FailureCode.INVALID_REASON),
        ({"not_ready_reasons": (), "logout_reasons": ()}, "GOLF", None),
        ({}, CONNECTION_LOST, None),
        ({"not_ready_reason_required": True, "logout_reason_required": True}, None, FailureCode.REASON_REQUIRED),
        ({"not_ready_reason_required": True, "logout_reason_required": True}, "LUNCH", None),
        ({"not_ready_reason_required": True, "logout_reason_required": True}, CONNECTION_LOST, None),
    ],
)
def test_reasons_are_checked(changes: dict[str, Any], reason: str | None, code: FailureCode | None) -> None:
    switch = switch_with(**{"logout_reasons": (LUNCH,), **changes})
    switch.perform("ada", telephony("4001"))
    switch.perform("ada", activate("4001"))
    for call in (not_ready("4001", reason), LogoutAgent(reason=reason)):
        if code is None:
            switch.perform("ada", call)
        else:
            assert refusal(switch, "ada", call)[0] is code
    (left,) = switch.perform("ada", StartAgent(extension="4001")).channels
    assert left.loginstate is (INACTIVE if code is None else ACTIVE)


def test_a_refused_reason_names_the_remedy() -> None:
    switch = switch_with(logout_reason_required=True)
    assert refusal(switch, "ada", LogoutAgent(reason="GOLF"))[1] == "there is no logout reason GOLF; take one of HOME"
    assert refusal(switch, "ada", LogoutAgent())[1].startswith("a logout reason is required; send reason.code, one of ")


# Lists and features


def test_lists_are_the_settings_own() -> None:
    switch = switch_with()
    switch.perform("ada", telephony("4001"))
    assert switch.perform("ada", ListDirectory()) == (DESK,)
    assert switch.perform("ada", ListNotReadyReasons()) == (BREAK, LUNCH)
    assert switch.perform("ada", ListLogoutReasons()) == (HOME,)
    assert switch.perform("ada", ListDispositions(endpoint="4001")) == (SOLVED,)
    assert refusal(switch, "ada", ListDispositions(endpoint="4002"))[0] is FailureCode.CHANNEL_UNAVAILABLE


def test_without_a_feature_its_calls_are_unsupported() -> None:
    switch = switch_with(features=(Feature.EMAIL, Feature.CHANNELGROUPS))
    assert switch.features == {Feature.EMAIL, Feature.CHANNELGROUPS}
    for call in (StartAgent(extension="4001"), telephony("4001"), ListDirectory()):
        code, message = refusal(switch, "ada", call)
        assert code is FailureCode.UNSUPPORTED
        assert "simulator.features" in message
    assert endpoints(switch.perform("ada", join("Sales")).channels) == ["Sales-email-ada"]
    switch = switch_with(features=(Feature.TELEPHONY,))
    for call in (join("Sales"), RemoveGroup(name="Sales")):
        assert refusal(switch, "ada", call)[0] is FailureCode.UNSUPPORTED


# Hands at the phones


def test_a_login_at_the_phone_is_heard_by_all_who_have_the_channel() -> None:
    switch = switch_with()
    heard = Heard(switch)
    for agent in ("ada", "bob"):
        switch.perform(agent, telephony("4900"))
    heard.take()
    for _ in range(2):
        switch.phone("4900", "login", agent="ada")
    assert heard.take() == [("ada", "4900", ACTIVE, NOTREADY, None), ("bob", "4900", UNAVAILABLE, None, None)]
    switch.phone("4900", "state", agentstate=WORK)
    switch.phone("4900", "state", agentstate=NOTREADY, reason="anything goes")
    assert heard.take() == [("ada", "4900", ACTIVE, WORK, None), ("ada", "4900", ACTIVE, NOTREADY, "anything goes")]
    for _ in range(2):
        switch.phone("4900", "logout")
    assert heard.take() == [("ada", "4900", INACTIVE, None, None), ("bob", "4900", INACTIVE, None, None)]


def test_a_login_at_a_phone_without_a_channel_is_found_at_the_next_start_while_it_lasts() -> None:
    switch = switch_with()
    heard = Heard(switch)
    switch.phone("4900", "login", agent="ada")
    assert heard.take() == [("ada", "4900", ACTIVE, NOTREADY, None)]
    switch.phone("4900", "logout")
    assert switch.perform("ada", StartAgent()).channels == ()
    switch.phone("4900", "login", agent="ada")
    assert endpoints(switch.perform("ada", StartAgent()).channels) == ["4900"]
    switch.phone("4001", "login", agent="ada")  # as well, and not found by any start
    switch.perform("ada", LogoutAgent())
    for extension in ("4900", "4001"):
        switch.phone(extension, "login", agent="bob")


def test_the_group_has_the_phone_that_the_agent_logged_in_at() -> None:
    switch = switch_with()
    switch.phone("4900", "login", agent="ada")
    phone = switch.perform("ada", join("Sales")).channels[0]
    assert (phone.endpoint, phone.loginstate) == ("4900", ACTIVE)


def test_what_cannot_be_done_at_a_phone_is_refused() -> None:
    switch = switch_with()
    switch.phone("4001", "login", agent="bob")
    for extension, agent, code in (
        ("4001", "ada", FailureCode.CHANNEL_UNAVAILABLE),
        ("4999", "ada", FailureCode.CHANNEL_UNAVAILABLE),
        ("4900", "eve", FailureCode.PLATFORM_ERROR),
    ):
        with pytest.raises(Refused) as refused:
            switch.phone(extension, "login", agent=agent)
        assert refused.value.code is code
    with pytest.raises(Refused) as refused:
        switch.phone("4900", "state", agentstate=READY)
    assert refused.value.code is FailureCode.CHANNEL_INACTIVE
    assert refused.value.message == "nobody is logged in at 4900; log an agent in first"


def test_an_endpoint_that_will_not_release_keeps_its_channel_and_its_group() -> None:
    switch = switch_with()
    switch.perform("ada", telephony("4900"))
    switch.perform("ada", join("Sales"))
    for endpoint in ("4900", "4001", "Sales-email-ada"):
        switch.perform("ada", activate(endpoint))
    before = switch.perform("ada", StartAgent())
    heard = Heard(switch)
    for endpoint in ("4900", "Sales-email-ada"):
        switch.hold_release(endpoint)
    for call, endpoint in (
        (DeactivateChannel(endpoint="4900"), "4900"),
        (RemoveChannel(endpoint="4900"), "4900"),
        (RemoveGroup(name="Sales"), "Sales-email-ada"),
    ):
        assert refusal(switch, "ada", call) == (
            FailureCode.PLATFORM_ERROR,
            f"the switch does not let go of {endpoint}; have it released there, then try again",
        )
    assert heard.take() == []
    assert switch.perform("ada", StartAgent()) == before
    for endpoint in ("4900", "Sales-email-ada"):
        switch.hold_release(endpoint, held=False)
    switch.perform("ada", RemoveGroup(name="Sales"))
    switch.perform("ada", RemoveChannel(endpoint="4900"))


def test_losing_the_platform_breaks_the_lines_that_are_connected() -> None:
    switch = switch_with()
    gone, there = Heard(switch), Heard(switch)
    switch.disconnect(gone)
    switch.lose()
    switch.phone("4001", "login", agent="ada")
    assert (gone.breaks, there.breaks) == (0, 1)
    assert (len(gone.said), len(there.said)) == (0, 1)
