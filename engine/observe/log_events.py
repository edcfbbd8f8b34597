"""Every event that the processor logs: its level, what it says, and the fields that it has. A test walks the source.

Whatever level an event has above debug, none of its fields holds what a customer or a client wrote.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

COMMON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "timestamp": "when, in UTC",
        "level": "how bad it is",
        "event": "what it is: a name of the table below, or a library's own words",
        "logger": "the module that says it, where it tells",
        "address": "of the peer, in what a connection of agent desktops says",
        "adapter": "which CTI platform, by the `name` of its `[[adapters]]`, in what its adapter says",
        "exception": "the traceback of a defect",
    }
)
"""What stands in any line where it applies."""

CONCERN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "session": "its id",
        "agent": "the id of its agent; null, as `seq` is, of a session whose damaged journal does not tell",
        "seq": "the number of its last message at that moment",
        "cause": (
            "what was being done: `request` (with its `command`), `supervisor`, `report` of the platform, `timer`, "
            "`desktop` that came or went, `platform` that is back, or `end` from elsewhere: take-over, loss of the "
            "platform for too long, flood of reports"
        ),
    }
)
"""What stands in every line about a session."""


@attrs.frozen
class LogEvent:
    """One row. `concerns`: the line is about a session, and has the fields of CONCERN."""

    name: str
    level: str
    meaning: str
    fields: tuple[str, ...] = ()
    concerns: bool = False


_ROWS: Final = (
    # Sessions
    LogEvent("session_prepared", "info", "an agent has a new session", concerns=True),
    LogEvent("session_bound", "info", "a connection has bound a session", ("epoch", "outcome"), concerns=True),
    LogEvent("desktop_lost", "info", "no connection binds the session any longer", concerns=True),
    LogEvent("session_ended", "info", "a session is over; `disposal` says why", ("disposal",), concerns=True),
    LogEvent("session_defect", "error", "a defect of ours ended this session, and no other; report it", concerns=True),
    LogEvent(
        "session_defect_at_end", "error", "and its end could not be told either: its connection is cut", concerns=True
    ),
    LogEvent(
        "session_not_kept",
        "error",
        "a session could not be begun: the journal cannot be written",
        ("error",),
        concerns=True,
    ),
    LogEvent(
        "session_step_not_kept", "error", "a step could not be kept, and has not happened", ("error",), concerns=True
    ),
    LogEvent("session_lost", "error", "a session cannot be taken from the journal", ("error",), concerns=True),
    LogEvent(
        "session_fenced", "error", "another process runs the session; this one lets go of it", ("error",), concerns=True
    ),
    LogEvent("journal_damaged", "error", "what was kept of a session cannot be read", ("error",), concerns=True),
    LogEvent("session_end_failed", "error", "what is done after a session's end failed", concerns=True),
    LogEvent(
        "request_answered",
        "debug",
        "a session has answered a request",
        ("requestid", "result", "seconds"),
        concerns=True,
    ),
    LogEvent(
        "platform_report_ignored",
        "debug",
        "a report of the platform was late, out of order or wrong; sessions are as they were",
        ("endpoint", "why"),
        concerns=True,
    ),
    # Connections
    LogEvent(
        "handshake_refused", "info", "somebody was refused before the WebSocket was accepted", ("code", "address")
    ),
    LogEvent("connection_refused", "warning", "there are as many connections as there may be", ("why",)),
    LogEvent("connection_cut", "info", "the server has dropped a connection; its client may resume", ("why",)),
    LogEvent("connection_defect", "error", "a defect of ours ended this connection, and no other; report it"),
    # The CTI platform
    LogEvent("platform_up", "info", "the adapter is connected", ("adapter", "features")),
    LogEvent(
        "channel_type_not_possible",
        "warning",
        "an adapter is to have channels of a type, by `channels` in its settings, and declares that it cannot",
        ("adapter", "type", "remedy"),
    ),
    LogEvent("platform_lost", "error", "the adapter has ended; it is tried again", ("adapter", "why", "again_in_s")),
    LogEvent("sessions_not_held", "error", "no platform came back in time; all sessions end", ("after_s",)),
    LogEvent(
        "logout_refused",
        "warning",
        "a platform did not log out an agent who is logged out elsewhere, or has no session any more",
        ("adapter", "code", "why"),
        True,
    ),
    LogEvent(
        "endpoint_taken",
        "error",
        "two platforms have a channel at one endpoint; the first keeps it",
        ("adapter", "endpoint"),
        True,
    ),
    LogEvent(
        "group_half_removed",
        "error",
        "one platform refused to let a group go, and another one to join it again",
        ("group", "code", "why"),
        True,
    ),
    LogEvent("link_listening", "info", "a platform's program may connect, to this URL", ("address",)),
    LogEvent("link_refused", "warning", "a program may not speak for a platform, or cannot be reached", ("why",)),
    LogEvent(
        "link_cut", "warning", "the connection to a platform's program is lost; it may return", ("why", "grace_s")
    ),
    LogEvent(
        "link_mended",
        "info",
        "and has returned: so many reports are known, so many calls are asked again",
        ("received", "asked_again"),
    ),
    LogEvent(
        "link_bad_message",
        "warning",
        "a platform's program sent what cannot be taken, and has been told so",
        ("program", "code", "number"),
    ),
    LogEvent("link_bad_message_words", "debug", "in which words", ("why",)),
    LogEvent("csta_link_lost", "warning", "the link to AES is lost, and tried again", ("why", "again_in_s")),
    LogEvent("csta_session", "warning", "AES has not kept a session, or its monitors", ("what", "why")),
    LogEvent(
        "csta_phone_unknown",
        "warning",
        "the switch knows no such phone, or AES no such switch connection",
        ("endpoint", "why", "remedy"),
    ),
    LogEvent("csta_monitor_lost", "warning", "the switch looks at a phone no longer", ("endpoint", "why")),
    LogEvent("csta_unread", "warning", "AES sent what cannot be read", ("what", "why")),
    LogEvent("csta_refused", "info", "the switch refuses what the adapter asks by itself", ("what", "why")),
    LogEvent("csta_event_left_out", "debug", "an event of the switch is of no use", ("what", "why")),
    LogEvent("csta_not_told", "debug", "what cannot be so for long is not told", ("endpoint", "why")),
    LogEvent(
        "sip_phone_ended",
        "warning",
        "a phone that was started here has ended, or was killed; `done` says what comes of it",
        ("agents", "why", "done"),
    ),
    LogEvent("sip_phone_lost", "warning", "the connection to a phone is lost", ("agents", "why", "done")),
    LogEvent(
        "sip_phone_away", "warning", "a phone takes no connections, or cannot be started", ("agents", "why", "done")
    ),
    LogEvent(
        "sip_phone_given_up",
        "warning",
        "a phone that was started here takes no connections, or answers nothing",
        ("agents", "why", "done"),
    ),
    LogEvent(
        "sip_phone_back",
        "info",
        "a phone is connected to anew, and has been asked for its calls: it has so many",
        ("agents", "calls"),
    ),
    LogEvent(
        "sip_phones_left_over",
        "warning",
        "an earlier process was killed, and so many phones that it had started ran on",
        ("folder", "phones", "done"),
    ),
    LogEvent(
        "sip_outside_missing",
        "warning",
        "an agent has dialled a number outside, and there is no way out; said once",
        ("remedy",),
    ),
    LogEvent(
        "sip_account_missing",
        "warning",
        "a phone that runs already does not have this agent's account",
        ("agent", "remedy"),
    ),
    LogEvent("sip_phone_said", "debug", "what a phone printed or sent last", ("agents", "words")),
    LogEvent("adapter_failed", "debug", "how the adapter ended", ("adapter",)),
    LogEvent(
        "adapter_code_not_allowed",
        "error",
        "the adapter refused with a code that is none for platforms; mend the adapter",
        ("adapter", "call", "code"),
        concerns=True,
    ),
    LogEvent("adapter_call_failed", "error", "the adapter has a defect; mend it", ("adapter", "call"), concerns=True),
    LogEvent(
        "adapter_call_timeout", "warning", "the platform did not answer in time", ("adapter", "call"), concerns=True
    ),
    # Supervisors
    LogEvent("supervisor_login", "info", "a supervisor is logged in on a connection", ("supervisor",)),
    LogEvent("supervisor_logout", "info", "and no longer", ("supervisor",)),
    LogEvent(
        "supervisor_order_explained", "debug", "the supervisor's own words for it", ("session", "supervisor", "why")
    ),
    # HTTP
    LogEvent(
        "http_request_refused", "info", "a request was too big, too slow or malformed", ("status", "why", "client")
    ),
    LogEvent("http_connection_refused", "warning", "there are as many connections as there may be", ("why", "address")),
    LogEvent("http_connection_defect", "error", "a defect of ours ended this connection; report it"),
    # The simulator's control
    LogEvent("simulator_operation", "info", "an operator has made something happen", ("operation", "operator", "at")),
    LogEvent(
        "simulator_access_refused", "warning", "somebody without an operator's key", ("code", "operation", "client")
    ),
    # People: what they did stands in the audit log, whose records are in specs/security.md
    LogEvent("audit_file_failed", "error", "the audit file cannot be written", ("file", "why", "remedy")),
    LogEvent(
        "plain_secrets",
        "warning",
        "the configuration holds passwords or keys as they are",
        ("where", "count", "remedy"),
    ),
    LogEvent("directory_open_to_others", "warning", "others may read the directory of people", ("file", "remedy")),
    LogEvent("directory_taken_up", "info", "the directory of people has changed", ("file",)),
    LogEvent("directory_kept", "error", "the changed directory is wrong; the one before stays", ("why", "remedy")),
    LogEvent(
        "token_keys_unavailable",
        "warning",
        "the keys of tokens cannot be had; those from before stay",
        ("why", "remedy"),
    ),
    LogEvent("tls_certificate_taken_up", "info", "the certificate has changed", ("certificate",)),
    LogEvent(
        "tls_certificate_kept", "error", "the changed certificate is wrong; the one before stays", ("why", "remedy")
    ),
    # The journal
    LogEvent("journal", "info", "how durable it is, and what that promises", ("durability", "promise")),
    LogEvent("journal_full", "error", "the journal cannot be written now; make room on the disk", ("error", "steps")),
    LogEvent(
        "journal_not_ready",
        "warning",
        "nothing can be kept: a transaction does not come to an end, or the disk is full; `/readyz` says so",
        ("why",),
    ),
    LogEvent("journal_ready", "info", "and it can again"),
    LogEvent(
        "journal_may_have_lost",
        "warning",
        "the power went with durability normal: the journal may lack the last of what was sent",
        ("remedy",),
    ),
    LogEvent("journal_broken", "critical", "the journal cannot be trusted any longer: the process ends", ("error",)),
    LogEvent(
        "journal_left_in_log",
        "warning",
        "at the end the journal's log could not be emptied into its file; nothing is lost, the next start reads it",
        ("error", "promise"),
    ),
    LogEvent(
        "journal_migrating", "info", "the file is of an older format; it becomes one of the next", ("format", "to")
    ),
    LogEvent("journal_migrated", "info", "the file is of this format now; older versions cannot read it", ("format",)),
    LogEvent(
        "journal_not_trimmed",
        "warning",
        "what is too old could not be removed, or something is damaged, which stays as it is; it is looked at again",
        ("error",),
    ),
    # The process
    LogEvent(
        "loop_blocked",
        "warning",
        "nothing could run for so long, for something, an adapter say, did not await; `where` is what ran, innermost "
        "first; said once a minute",
        ("late_s", "where"),
    ),
    LogEvent(
        "few_file_descriptors",
        "warning",
        "there may be fewer connections than the settings say",
        ("connections", "wanted", "remedy"),
    ),
    LogEvent("draining", "info", "the server has been told to stop; requests under way are finished", ("at_most_s",)),
    LogEvent("stopped", "info", "the server has stopped in good order"),
    LogEvent("hangup", "info", "SIGHUP has come", ("done",)),
)

LOG_EVENTS: Final[Mapping[str, LogEvent]] = MappingProxyType({row.name: row for row in _ROWS})
