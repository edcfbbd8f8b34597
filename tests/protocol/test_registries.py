"""Events, results and states: the registries hang together, and say what the specification's tables say."""

import attrs
import pytest

from protocol.about import COMMANDS_ABOUT, EVENTS_ABOUT
from protocol.commands import COMMANDS, Success
from protocol.events import EVENTS, EventRow
from protocol.ids import ObjectKind
from protocol.results import RESULTS, Prepared, PreparedSession
from protocol.states import (
    Ability,
    AgentState,
    ChannelGroupState,
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    DisposalCause,
    EndCause,
    InteractionState,
    LoginState,
    PartyRole,
    RecordingState,
    SessionState,
)

STATES = {
    SessionState: ["PREPARED", "INITIALIZING", "INITIALIZED", "LOGGINGOUT", "DISPOSED"],
    ChannelGroupState: ["INITIALIZING", "INITIALIZED", "DISPOSED"],
    LoginState: ["INACTIVE", "ACTIVE", "UNAVAILABLE"],
    AgentState: ["NOTREADY", "READY", "WORK"],
    ChannelType: ["TELEPHONY", "CHAT", "EMAIL", "CALLBACK"],
    DisposalCause: ["TAKEOVER", "PLATFORM_LOST", "EXPIRED", "SUPERVISOR", "INTERNAL_ERROR"],
    InteractionState: ["ALERTING", "DIALING", "STARTED", "ENDED", "COMPLETED"],
    ConversationState: ["ALERTING", "DIALING", "CONNECTED", "HELD", "ENDED"],
    ConversationType: ["PRIMARY", "CONSULT"],
    Direction: ["INBOUND", "OUTBOUND"],
    RecordingState: ["STOPPED", "RECORDING", "PAUSED"],
    EndCause: ["RELEASED", "REMOTE", "TRANSFERRED", "REJECTED", "ABANDONED", "NOANSWER", "BUSY", "FAILED"],
    PartyRole: ["CUSTOMER", "AGENT", "SUPERVISOR", "SYSTEM"],
    Ability: ["file", "url", "form", "screenshot", "signal"],
}


@pytest.mark.parametrize(("kind", "words"), STATES.items(), ids=lambda item: getattr(item, "__name__", ""))
def test_the_words_of_the_states(kind: type[SessionState], words: list[str]) -> None:
    assert [state.value for state in kind] == words


@pytest.mark.parametrize("row", EVENTS.values(), ids=lambda row: row.name)
def test_the_prefix_of_an_event_names_its_kind(row: EventRow) -> None:
    assert EVENTS[row.name] is row
    prefix = row.name.split(".")[0]
    about_sessions = prefix == "supervisor"
    assert row.kind == (None if row.name == "state.updated" else "session" if about_sessions else prefix)
    assert row.kind is None or row.kind in ObjectKind
    assert row.numbered == (row.name != "session.unbound" and not about_sessions)


@pytest.mark.parametrize("row", [row for row in EVENTS.values() if attrs.has(row.data)], ids=lambda row: row.name)
def test_events_about_an_object_carry_it_under_its_kind(row: EventRow) -> None:
    kinds = set(ObjectKind) - {ObjectKind.SESSION}
    if row.kind in kinds and row.name.split(".")[1] in ("created", "initialized", "infochanged", "disposed"):
        assert [field.name for field in attrs.fields(row.data)] == [row.kind]


def test_every_command_with_data_of_its_own_has_a_result() -> None:
    assert set(RESULTS) == {row.name for row in COMMANDS.values() if row.success is Success.OWN}


def test_the_resumetoken_is_not_shown() -> None:
    assert "hush" not in repr(Prepared(session=PreparedSession(id="s1"), resumetoken="hush"))


@pytest.mark.parametrize(("about", "names"), [(COMMANDS_ABOUT, COMMANDS), (EVENTS_ABOUT, EVENTS)])
def test_everything_is_told_in_a_sentence_of_its_own(about: dict[str, str], names: dict[str, object]) -> None:
    assert list(about) == list(names)
    assert len(set(about.values())) == len(about)
    for sentence in about.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "\n" not in sentence
