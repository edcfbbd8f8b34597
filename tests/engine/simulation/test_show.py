"""What people read: tables of a day, and of what there is, on 80 columns."""

import copy
from typing import Any

from rich.console import Console, RenderableType

from engine.simulation.show import day_report, overview

ROW: dict[str, Any] = {
    "sort": "calls",
    "offered": 1200,
    "answered": 1000,
    "abandoned": 100,
    "turned_away": 50,
    "overflowed": 30,
    "failed": 20,
    "live": 0,
    "service_level": 0.805,
    "asa_s": 12.4,
    "aht_s": 215.6,
}
STATE: dict[str, Any] = {
    "status": "over",
    "contacts": 1200,
    "totals": {
        "rows": [ROW, {**ROW, "sort": "callbacks"}],
        "total": {**ROW, "sort": "all"},
        "done": {"blind_transfer": 3, "hold": 12},
        "dispositions": {"WRONG_NUMBER": 4},
        "occupancy": 0.61,
    },
}
NOW: dict[str, Any] = {
    "contacts": [],
    "contacts_left_out": 0,
    "queues": [],
    "agents": [],
    "totals": {"offered": 2, "turned_away": 1},
}


def printed(what: RenderableType) -> str:
    console = Console(width=80, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(what)
    text = capture.get()
    assert all(len(line) <= 80 for line in text.splitlines())
    return text


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_fewer_contacts_than_were_planned_are_accounted_for() -> None:
    assert "planned" not in printed(day_report(STATE))
    fewer = printed(day_report({**STATE, "contacts": 1208}))
    assert "planned: 1208, of which 8 did not come: calls that agents had no time to make" in fewer
    stopped = printed(day_report({**STATE, "contacts": 1208, "status": "stopped"}))
    assert "8 did not come: the day was stopped" in stopped


def test_a_day_in_words() -> None:
    lines = words(printed(day_report(STATE)))
    assert "calls 1200 1000 100 50 30 20 80 % 12 s 216 s" in lines
    assert "all 1200 1000 100 50 30 20 80 % 12 s 216 s" in lines
    assert lines[-3:] == [
        "occupancy: 61 %",
        "agents did: 3 blind transfer, 12 hold",
        "dispositions: 4 WRONG_NUMBER",
    ]


def test_what_is_live_has_a_column_while_there_is_any() -> None:
    state = copy.deepcopy(STATE)
    assert "live" not in printed(day_report(state))
    state["totals"]["total"]["live"] = state["totals"]["rows"][0]["live"] = 7
    text = printed(day_report(state))
    assert "live" in text
    assert "calls 1200 1000 100 50 30 20 7 80 % 12 s 216 s" in words(text)


def test_what_has_no_average_is_a_dash() -> None:
    row = {name: value for name, value in ROW.items() if name not in ("service_level", "asa_s", "aht_s")}
    totals = {"rows": [row], "total": row, "done": {}, "dispositions": {}}
    lines = words(printed(day_report({**STATE, "totals": totals})))
    assert "calls 1200 1000 100 50 30 20 - - -" in lines
    assert lines[-3:] == ["occupancy: -", "agents did: nothing", "dispositions: nothing"]


def test_nothing_is_there() -> None:
    assert words(printed(overview(NOW))) == [
        "no agent is logged in",
        "there is no queue",
        "no contact is there",
        "so far: 2 offered, 1 turned away",
    ]


def test_all_that_can_be_there() -> None:
    channel = {"endpoint": "4001", "type": "TELEPHONY", "agentstate": "NOTREADY", "reason": "LUNCH", "interactions": 0}
    chat = {"endpoint": "chat", "type": "CHAT", "agentstate": "READY", "interactions": 2}
    visit = {"interaction": "i1", "endpoint": "4001", "direction": "INBOUND", "state": "STARTED"}
    contact = {"contact": "contact1", "type": "CHAT", "customer": "Ada [bold]", "since_s": 61.2, "data": {}}
    now = NOW | {
        "agents": [
            {"agent": "agent1", "name": "", "extension": "4001", "session": True, "channels": [channel, chat]},
            {"agent": "agent2", "name": "", "extension": "4002", "session": False, "channels": []},
        ],
        "queues": [{"queue": "Sales", "waiting": 2, "longest_s": 9}],
        "contacts": [
            {**contact, "agents": [{**visit, "agent": "agent1"}]},
            {**contact, "agents": [{**visit, "state": "ALERTING"}], "queue": "Sales"},
        ],
        "contacts_left_out": 5,
        "day": "day3",
    }
    lines = words(printed(overview(now)))
    assert "agent1 4001 yes 4001 NOTREADY(LUNCH), chat READY +2" in lines
    assert not any(line.startswith("agent2") for line in lines), "nothing is known of those who are not there"
    assert "Sales 2 9 s" in lines
    assert "contact1 CHAT Ada [bold] 61 s STARTED at agent1" in lines
    assert "contact1 CHAT Ada [bold] 61 s waits in Sales, ALERTING at 4001" in lines
    assert "and 5 more" in lines
    assert lines[-1] == "running: day3"
