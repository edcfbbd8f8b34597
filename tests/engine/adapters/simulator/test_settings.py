import tomllib

import attrs
import pytest

from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import (
    FEATURES,
    AutomaticPhone,
    Capacity,
    Fault,
    FaultKind,
    OutsideNumber,
    SimulatedAgent,
    SimulatedGroup,
    SimulatedQueue,
    SimulatedTranscript,
    SimulatorSettings,
    WrapUpTimes,
    check,
    demo_settings,
)
from protocol.convert import make_strict_converter, structure
from protocol.platform import DirectoryEntry, Feature, ReasonCode
from protocol.states import AgentState, ChannelType

FILES = make_strict_converter(refuse_unknown=True)

EVERYTHING = """
extra_extensions = ["4900"]
auto_in = true
latency_ms = 20
features = ["telephony", "chat", "channelgroups"]
not_ready_reasons = [{code = "BREAK", name = "Break"}]
not_ready_reason_required = true
logout_reasons = [{code = "HOME", name = "Going home"}]
logout_reason_required = true
dispositions = [{code = "OK", name = "Solved"}]
disposition_required = true
ring_s = 15
dial_s = 25
outside_answer_s = 2
patience_s = 90
answer_s = 12
reject_pause_s = 5
voice_blocks_media = false
media_blocks_voice = true
directory = [{name = "Front desk", number = "4900", type = "internal"}]

[[agents]]
id = "ada"
extension = "4001"

[[agents]]
id = "bob"
name = "Bob"
extension = "4002"
groups = ["Sales"]
joined = ["Sales"]
logged_in = true
agentstate = "READY"

[[groups]]
name = "Sales"
email = false

[[queues]]
name = "Sales"
number = "4910"
agents = ["bob"]
overflow_s = 60
overflow_to = "Service"
limit = 20

[[queues]]
name = "Service"

[[numbers]]
number = "+4930555010"
name = "Parcel service"
answers_after_s = 1.5
talks_s = 20

[[automatic_phones]]
extension = "4900"
answers_after_s = 0
talks_s = 60

[wrapup_s]
telephony = 10

[capacity]
chat = 2

[transcript]
messages = 10

[[faults]]
call = "ActivateChannel"
kind = "late"
skip = 1
times = 2
agent = "bob"
endpoint = "4002"
"""


def read(toml: str) -> SimulatorSettings:
    return structure(tomllib.loads(toml), SimulatorSettings, at="simulator", converter=FILES)


def test_all_settings_come_from_toml() -> None:
    settings = read(EVERYTHING)
    assert settings == SimulatorSettings(
        agents=(
            SimulatedAgent(id="ada", extension="4001"),
            SimulatedAgent(
                id="bob",
                name="Bob",
                extension="4002",
                groups=("Sales",),
                joined=("Sales",),
                logged_in=True,
                agentstate=AgentState.READY,
            ),
        ),
        groups=(SimulatedGroup(name="Sales", email=False),),
        extra_extensions=("4900",),
        directory=(DirectoryEntry(name="Front desk", number="4900", type="internal"),),
        not_ready_reasons=(ReasonCode(code="BREAK", name="Break"),),
        not_ready_reason_required=True,
        logout_reasons=(ReasonCode(code="HOME", name="Going home"),),
        logout_reason_required=True,
        dispositions=(ReasonCode(code="OK", name="Solved"),),
        disposition_required=True,
        queues=(
            SimulatedQueue(
                name="Sales", number="4910", agents=("bob",), overflow_s=60.0, overflow_to="Service", limit=20
            ),
            SimulatedQueue(name="Service"),
        ),
        numbers=(OutsideNumber(number="+4930555010", name="Parcel service", answers_after_s=1.5, talks_s=20.0),),
        automatic_phones=(AutomaticPhone(extension="4900", answers_after_s=0.0, talks_s=60.0),),
        ring_s=15.0,
        dial_s=25.0,
        outside_answer_s=2.0,
        patience_s=90.0,
        answer_s=12.0,
        reject_pause_s=5.0,
        wrapup_s=WrapUpTimes(telephony=10.0),
        capacity=Capacity(chat=2),
        transcript=SimulatedTranscript(messages=10),
        voice_blocks_media=False,
        media_blocks_voice=True,
        auto_in=True,
        latency_ms=20,
        features=(Feature.TELEPHONY, Feature.CHAT, Feature.CHANNELGROUPS),
        faults=(Fault(call="ActivateChannel", kind=FaultKind.LATE, skip=1, times=2, agent="bob", endpoint="4002"),),
    )
    assert settings.agents[1].agentstate is AgentState.READY
    assert settings.faults[0].kind is FaultKind.LATE
    assert settings.declared() == {Feature.TELEPHONY, Feature.CHAT, Feature.CHANNELGROUPS}
    check(settings)


def test_nothing_needs_to_be_set() -> None:
    settings = read("")
    assert settings == SimulatorSettings()
    assert settings.declared() == FEATURES == frozenset(Feature)
    check(settings)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[[agents]]\nid = "ada"', "simulator.agents[0].extension: is required"),
        (
            '[[agents]]\nid = "ada"\nextension = "1"\nagentstate = "ready"',
            "simulator.agents[0].agentstate: expected one of NOTREADY, READY, WORK",
        ),
        ('features = ["chat", "fax"]', "simulator.features[1]: expected one of telephony, chat, "),
        (
            '[[faults]]\ncall = "AddChannel"\nkind = "slow"',
            "simulator.faults[0].kind: expected one of error, unavailable, hang, late, twice, crash, nonsense, die",
        ),
        (
            '[[faults]]\ncall = "AddChannel"\nkind = "die"\ntimes = 0',
            "simulator.faults[0].times: expected a whole number from 1 on",
        ),
        ("latency_ms = -1", "simulator.latency_ms: expected a whole number from 0 to"),
        ("ring_s = 0", "simulator.ring_s: expected a number of seconds above 0"),
        ("ring_s = inf", "simulator.ring_s: expected a number of seconds above 0"),
        ("ring_s = nan", "simulator.ring_s: expected a number of seconds above 0"),
        ("reject_pause_s = -0.5", "simulator.reject_pause_s: expected a number of seconds from 0"),
        ("capacity = {chat = 0}", "simulator.capacity.chat: expected a whole number from 1 on"),
        ("capacity = {telephony = 2}", "simulator.capacity: has no telephony; it may hold chat, email, callback"),
        ('wrapup_s = {chat = "long"}', "simulator.wrapup_s.chat: expected a number of seconds from 0"),
        ('[[queues]]\nname = "Sales"\noverflow_s = 0', "simulator.queues[0].overflow_s: expected a number of seconds"),
        ("latency = 1", "simulator: has no latency; it may hold agents, groups"),
    ],
)
def test_what_does_not_fit_its_key_is_named(toml: str, message: str) -> None:
    with pytest.raises(ValueError) as wrong:
        read(toml)
    assert message in str(wrong.value)


ADA = SimulatedAgent(id="ada", extension="4001")
BOB = SimulatedAgent(id="bob", extension="4002")
SALES = SimulatedGroup(name="Sales")
QUEUE = SimulatedQueue(name="Sales", number="4910")
BREAK = ReasonCode(code="BREAK", name="Break")
VALID = SimulatorSettings(agents=(ADA, BOB), groups=(SALES,), extra_extensions=("4900",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"agents": (ADA, BOB, attrs.evolve(BOB, extension="4003"))},
            "simulator.agents[2].id: bob is simulator.agents[1].id already; give another, or remove one of the two",
        ),
        (
            {"agents": (ADA, attrs.evolve(BOB, extension="4001"))},
            "simulator.agents[1].extension: 4001 is simulator.agents[0].extension already",
        ),
        (
            {"extra_extensions": ("4900", "4002")},
            "simulator.extra_extensions[1]: 4002 is simulator.agents[1].extension already",
        ),
        ({"groups": (SALES, SALES)}, "simulator.groups[1].name: Sales is simulator.groups[0].name already"),
        ({"not_ready_reasons": (BREAK, BREAK)}, "simulator.not_ready_reasons[1].code: BREAK is"),
        ({"logout_reasons": (BREAK, BREAK)}, "simulator.logout_reasons[1].code: BREAK is"),
        ({"dispositions": (BREAK, BREAK)}, "simulator.dispositions[1].code: BREAK is"),
        (
            {"agents": (ADA, attrs.evolve(BOB, groups=("Sales", "Help")))},
            "simulator.agents[1].groups: there is no group Help; add it under [[simulator.groups]], or take it out",
        ),
        (
            {"queues": (QUEUE, SimulatedQueue(name="Sales"))},
            "simulator.queues[1].name: Sales is simulator.queues[0].name already; give another, or remove one",
        ),
        (
            {"queues": (attrs.evolve(QUEUE, number="4002"),)},
            "simulator.queues[0].number: 4002 is simulator.agents[1].extension already",
        ),
        (
            {"queues": (QUEUE,), "numbers": (OutsideNumber(number="4910"),)},
            "simulator.numbers[0].number: 4910 is simulator.queues[0].number already",
        ),
        (
            {"queues": (attrs.evolve(QUEUE, agents=("ada", "eve")),)},
            "simulator.queues[0].agents: there is no agent eve; add it under [[simulator.agents]], or take it out",
        ),
        (
            {"queues": (attrs.evolve(QUEUE, overflow_to="Service"),)},
            "simulator.queues[0].overflow_to: Sales never overflows; set overflow_s, too, or leave overflow_to out",
        ),
        (
            {"queues": (attrs.evolve(QUEUE, overflow_s=5.0, overflow_to="Sales"), SimulatedQueue(name="Service"))},
            "simulator.queues[0].overflow_to: there is no other queue Sales; take one of Service, or leave it out",
        ),
        (
            {"queues": (attrs.evolve(QUEUE, overflow_s=5.0, overflow_to="Service"),)},
            "simulator.queues[0].overflow_to: there is no other queue Service; leave it out, or add one",
        ),
        (
            {"numbers": (OutsideNumber(number="111", busy=True, never_answers=True),)},
            "simulator.numbers[0].busy: 111 never answers, too; take one of the two out",
        ),
        (
            {"automatic_phones": (AutomaticPhone(extension="4900"), AutomaticPhone(extension="4999"))},
            "simulator.automatic_phones[1].extension: there is no phone 4999; add it to simulator.extra_extensions",
        ),
        (
            {"automatic_phones": (AutomaticPhone(extension="4900"), AutomaticPhone(extension="4900"))},
            "simulator.automatic_phones[1].extension: 4900 is simulator.automatic_phones[0].extension already",
        ),
        (
            {"agents": (attrs.evolve(ADA, joined=("Help",)),)},
            "simulator.agents[0].joined: ada may not join Help, but Sales; add it to groups, or take it out",
        ),
        (
            {"agents": (attrs.evolve(ADA, groups=(), joined=("Sales",)),)},
            "simulator.agents[0].joined: ada may not join Sales, but no group",
        ),
        (
            {"agents": (attrs.evolve(ADA, joined=("Sales",)),), "features": (Feature.TELEPHONY,)},
            "simulator.agents[0].joined: simulator.features has no channelgroups; add it there, or leave joined out",
        ),
        (
            {"agents": (attrs.evolve(ADA, logged_in=True),), "features": (Feature.CHAT,)},
            "simulator.agents[0].logged_in: simulator.features has no telephony; add it there",
        ),
        (
            {"agents": (attrs.evolve(ADA, agentstate=AgentState.READY),)},
            "simulator.agents[0].agentstate: ada is not logged in; set logged_in = true, or leave agentstate out",
        ),
        (
            {"faults": (Fault(call="Activate", kind=FaultKind.HANG),)},
            "simulator.faults[0].call: there is no call Activate; take one of StartAgent, LogoutAgent",
        ),
        (
            {"faults": (Fault(call="LogoutAgent", kind=FaultKind.HANG, endpoint="4001"),)},
            "simulator.faults[0].endpoint: LogoutAgent is about no endpoint; leave endpoint out",
        ),
        (
            {"faults": (Fault(call="LogoutAgent", kind=FaultKind.HANG, agent="eve"),)},
            "simulator.faults[0].agent: there is no agent eve; add it under [[simulator.agents]], or take another",
        ),
    ],
)
def test_what_does_not_fit_the_rest_is_named(change: dict[str, object], message: str) -> None:
    check(VALID)
    with pytest.raises(ValueError) as wrong:
        check(attrs.evolve(VALID, **change))
    assert str(wrong.value).startswith(message)


def test_the_demo_is_a_small_contact_centre() -> None:
    demo = demo_settings()
    check(demo)
    assert [agent.id for agent in demo.agents] == [f"agent{number}" for number in range(1, 51)]
    assert [agent.extension for agent in demo.agents] == [str(number) for number in range(4001, 4051)]
    assert demo.agents[0].name == "Agent 1"
    assert demo.groups == (SimulatedGroup(name="Default", chat=True, email=True, callback=True),)
    assert not any(agent.logged_in or agent.joined for agent in demo.agents)
    assert {"BREAK", "LUNCH", "MEETING", "TRAINING"} <= {reason.code for reason in demo.not_ready_reasons}
    assert {entry.number for entry in demo.directory if entry.type == "queue"} == {"4910", "4911"}
    assert [(queue.name, queue.number, queue.agents) for queue in demo.queues] == [
        ("Sales", "4910", None),
        ("Service", "4911", None),
    ]
    assert demo.wrapup_s == WrapUpTimes(telephony=10.0)
    assert demo.logout_reasons
    assert demo.dispositions
    assert demo.declared() == FEATURES


def test_whatever_the_directory_of_the_demo_lists_can_be_dialled() -> None:
    switch = Switch(demo_settings())
    switch.phone("4001", "login", agent="agent1")
    for entry in demo_settings().directory:
        switch.phone("4001", "dial", destination=entry.number)
        switch.phone("4001", "hangup")
    switch.advance(1.0)
    assert switch.live_objects() == 0


def test_wrap_up_and_capacity_are_by_channel_type() -> None:
    times, capacity = (
        WrapUpTimes(telephony=1.0, chat=2.0, email=3.0, callback=4.0),
        Capacity(chat=2, email=3, callback=4),
    )
    assert [times.of(kind) for kind in ChannelType] == [1.0, 2.0, 3.0, 4.0]
    assert [capacity.of(kind) for kind in ChannelType] == [1, 2, 3, 4]
