"""All promises: the one table that the runner, the pytest plugin, the page and the tests read.

An id is never given to another promise, also when its own is taken out.
"""

from typing import Final

from engine.adapters.contract import awake, calls, faults, faults_in_calls, life, media, reports, telephony
from engine.adapters.contract.promise import Keep, Promise
from engine.adapters.contract.stalls import LIMIT_S
from protocol.platform import Feature

LIFE, CALLS, REPORTS, INTERACTIONS, FEATURES = "Life", "Calls", "Reports", "Interactions", "Features"


def _row(id_: str, says: str, section: str, keep: Keep, *features: Feature, hooks: tuple[str, ...] = ()) -> Promise:
    return Promise(id=id_, says=says, section=section, keep=keep, features=frozenset(features), hooks=hooks)


def _call(id_: str, says: str, keep: Keep, *features: Feature, hooks: tuple[str, ...] = ()) -> Promise:
    """About calls that agents have with each other, for which they must be able to dial."""
    return _row(id_, says, INTERACTIONS, keep, Feature.TELEPHONY, Feature.DIAL, *features, hooks=hooks)


def _chat(id_: str, says: str, keep: Keep, *features: Feature, hooks: tuple[str, ...] = ()) -> Promise:
    """About chats, which a customer begins."""
    needed = ("chats", "customer_chats", *hooks)
    return _row(id_, says, INTERACTIONS, keep, Feature.CHAT, *features, hooks=needed)


PROMISES: Final[tuple[Promise, ...]] = (
    _row(
        "AC-LIFE-1",
        "Before run has started, and after it has ended, perform is refused with PLATFORM_UNAVAILABLE.",
        LIFE,
        life.perform_is_refused_before_run_and_after_it,
    ),
    _row(
        "AC-LIFE-2",
        "A stopped adapter has closed what it opened: a new one takes its place and serves a whole day.",
        LIFE,
        life.a_stopped_adapter_may_be_followed_by_a_new_one,
    ),
    _row(
        "AC-LIFE-3",
        "The declared features are known ones, and do not change while the adapter lives.",
        LIFE,
        life.features_do_not_change,
    ),
    _row(
        "AC-LIFE-4",
        "run stays until it is cancelled, and ends soon once it is.",
        LIFE,
        life.run_stays_until_it_is_cancelled_and_ends_soon_then,
    ),
    _row(
        "AC-CALLS-1",
        "Every call is answered by its type, soundly, and about the endpoint that it is about.",
        CALLS,
        calls.every_call_is_answered_by_its_type,
    ),
    _row(
        "AC-CALLS-2",
        "Every call has done what it says when it is answered.",
        CALLS,
        calls.every_call_does_what_it_says,
    ),
    _row(
        "AC-CALLS-3",
        "Asked a second time for what holds already, a call succeeds with the same answer and changes nothing.",
        CALLS,
        calls.every_call_is_idempotent,
    ),
    _row(
        "AC-CALLS-4",
        "The snapshot has every channel and group that was added, as it is now, until it is let go.",
        CALLS,
        calls.the_snapshot_has_what_was_added_until_it_is_let_go,
    ),
    _row(
        "AC-CALLS-5",
        "LogoutAgent lets go of all the agent's channels and groups.",
        CALLS,
        calls.a_logout_lets_go_of_everything,
    ),
    _row(
        "AC-CALLS-6",
        "A call is refused with the right code and a message, and has then changed nothing.",
        CALLS,
        calls.a_refused_call_says_why_and_has_changed_nothing,
    ),
    _row(
        "AC-CALLS-7",
        "What the adapter does not declare is refused with UNSUPPORTED.",
        FEATURES,
        calls.what_the_platform_cannot_do_is_unsupported,
    ),
    _row(
        "AC-CALLS-8",
        "Calls of many agents at the same time are not mixed up.",
        CALLS,
        calls.many_agents_are_served_at_once,
    ),
    _row(
        "AC-CALLS-9",
        "A call that is cancelled leaves the adapter in order: the same call succeeds afterwards.",
        CALLS,
        calls.a_call_given_up_leaves_the_adapter_in_order,
    ),
    _row(
        "AC-CALLS-10",
        f"The event loop is left to the others: neither run nor a call makes it stand still for {LIMIT_S:g} s.",
        CALLS,
        awake.the_event_loop_is_left_to_others,
    ),
    _row(
        "AC-REPORTS-1",
        "What a call has changed is told before its answer or not at all, and as the answer has it.",
        REPORTS,
        reports.changes_are_told_before_the_answer_and_agree_with_it,
    ),
    _row(
        "AC-REPORTS-2",
        "An agent is told of from its StartAgent to its LogoutAgent, and at no other time.",
        REPORTS,
        reports.an_agent_is_told_of_from_its_start_to_its_logout,
    ),
    _row(
        "AC-REPORTS-3",
        "An agent is told when another one takes its endpoint, and when it is free again.",
        REPORTS,
        reports.an_agent_is_told_when_another_takes_and_frees_its_endpoint,
    ),
    _row(
        "AC-REPORTS-4",
        "A change of agent state that is made at the phone itself is told, and stands in the snapshot.",
        REPORTS,
        reports.a_change_at_the_phone_itself_is_told,
        Feature.TELEPHONY,
        hooks=("phone_state",),
    ),
    _call(
        "AC-TELEPHONY-1",
        "A call is told to both ends, as one contact, from its offer to its end, with who is there and why it ended.",
        telephony.a_call_is_told_to_both_ends_from_its_offer_to_its_end,
    ),
    _call(
        "AC-TELEPHONY-2",
        "A call about an interaction that is over, or never was, is refused with INVALID_TARGET.",
        telephony.an_interaction_that_is_over_is_unknown,
    ),
    _call(
        "AC-TELEPHONY-3",
        "A rejected call is over with the cause REJECTED, and unknown from then on.",
        telephony.a_rejected_call_is_over,
        Feature.REJECT,
    ),
    _call(
        "AC-TELEPHONY-4",
        "The snapshot has the interactions that are not completed, just as they were told.",
        telephony.what_the_snapshot_has_is_what_was_told,
    ),
    _call(
        "AC-TELEPHONY-5",
        "HoldLeg and RetrieveLeg do what they say, and succeed when asked for twice.",
        telephony.hold_and_retrieve_do_what_they_say,
        Feature.HOLD,
    ),
    _call(
        "AC-TELEPHONY-6",
        "Attached data belong to the contact: what one end sets, the other is told.",
        telephony.attached_data_belong_to_the_contact,
        Feature.INTERACTION_DATA,
    ),
    _call(
        "AC-TELEPHONY-7",
        "A recording is started, paused, resumed and stopped.",
        telephony.recording_does_what_it_says,
        Feature.RECORDING,
    ),
    _call(
        "AC-TELEPHONY-8",
        "Digits can be sent in a call, which goes on.",
        telephony.digits_can_be_sent_in_a_call,
        Feature.DTMF,
    ),
    _call(
        "AC-TELEPHONY-9",
        "A consulted agent has the same contact, and after the transfer talks to the far end in the same interaction.",
        telephony.a_consulted_agent_has_the_same_contact_and_gets_the_call,
        Feature.CONSULT,
    ),
    _call(
        "AC-TELEPHONY-10",
        "AlternateLegs holds the connected leg and retrieves the held one; never are two connected.",
        telephony.alternate_swaps_the_legs,
        Feature.CONSULT,
    ),
    _call(
        "AC-TELEPHONY-11",
        "ConferenceConsult joins both legs in the primary one, whose members are the two others.",
        telephony.a_consult_conference_joins_the_legs,
        Feature.CONSULT,
        Feature.CONFERENCE,
    ),
    _call(
        "AC-TELEPHONY-12",
        "BlindConference takes the destination into the call, with the same contact.",
        telephony.a_blind_conference_takes_somebody_in,
        Feature.CONFERENCE,
    ),
    _call(
        "AC-TELEPHONY-13",
        "BlindTransfer sends the far end on, with the same contact, and the agent has left the call.",
        telephony.a_blind_transfer_sends_the_far_end_on,
        Feature.BLIND_TRANSFER,
    ),
    _call(
        "AC-TELEPHONY-14",
        "Who is not there, is busy, or dials itself is refused with the code for that, and nothing is left behind.",
        telephony.nobody_can_be_called_who_is_not_there,
    ),
    _row(
        "AC-TELEPHONY-15",
        "A customer's call is told from its offer to its end: INBOUND, and REMOTE once the customer hangs up.",
        INTERACTIONS,
        telephony.a_customer_s_call_is_told_from_its_offer_to_its_end,
        Feature.TELEPHONY,
        hooks=("customer_calls", "customer_hangs_up"),
    ),
    _row(
        "AC-TELEPHONY-16",
        "A customer who gives up while it rings is told as gone.",
        INTERACTIONS,
        telephony.a_customer_who_gives_up_is_told_as_gone,
        Feature.TELEPHONY,
        hooks=("customer_calls", "customer_hangs_up"),
    ),
    _call(
        "AC-TELEPHONY-17",
        "What an agent does to a call at the phone itself is told to both ends.",
        telephony.what_is_done_at_the_phone_itself_is_told,
        hooks=("phone_answers", "phone_hangs_up"),
    ),
    _call(
        "AC-TELEPHONY-18",
        "The id of an interaction is not used again at its endpoint.",
        telephony.no_id_is_used_twice,
    ),
    _call(
        "AC-TELEPHONY-19",
        "A consult leg can be released alone. A call about it is then refused with INVALID_STATE; the other goes on.",
        telephony.a_leg_that_has_ended_is_refused_as_such,
        Feature.CONSULT,
        Feature.HOLD,
    ),
    _chat(
        "AC-MEDIA-1",
        "A chat is told from its offer to its end: accepted, released, wrapped up, and unknown from then on.",
        media.a_chat_is_told_from_its_offer_to_its_end,
    ),
    _chat(
        "AC-MEDIA-2",
        "What the customer writes is told to the agent, letter by letter as it was written, in order and once.",
        media.what_the_customer_writes_is_told_once,
        hooks=("customer_says",),
    ),
    _chat(
        "AC-MEDIA-3",
        "The answer of SendMessage is the message; the same text sent twice is two messages.",
        media.a_message_is_its_answer_and_is_sent_each_time,
    ),
    _chat(
        "AC-MEDIA-4",
        "A customer who leaves a chat is told as gone, with the cause REMOTE.",
        media.a_customer_who_leaves_is_told_as_gone,
        hooks=("customer_leaves",),
    ),
    _chat(
        "AC-MEDIA-5",
        "A rejected chat is over for the agent with the cause REJECTED, and unknown from then on.",
        media.a_rejected_chat_is_over_for_the_agent,
        Feature.REJECT,
    ),
    _chat(
        "AC-MEDIA-6",
        "A transferred chat is offered to the other agent with the same contact and with what was said so far.",
        media.a_transferred_chat_comes_with_its_contact_and_transcript,
        Feature.MEDIA_TRANSFER,
        hooks=("customer_says",),
    ),
    _row(
        "AC-MEDIA-7",
        "An email is offered with its text, and ReplyEmail answers it and ends it.",
        INTERACTIONS,
        media.a_reply_ends_the_email,
        Feature.EMAIL,
        hooks=("mailboxes", "customer_mails"),
    ),
    _call(
        "AC-FAULTS-1",
        "Duplicate events: every call is told from its offer to its end as one interaction, and nothing is left.",
        faults.events_told_twice_do_no_harm,
        hooks=("tell_twice",),
    ),
    _row(
        "AC-FAULTS-2",
        "An event about an unknown call: nobody is told of agents that were not started, and all else goes on.",
        REPORTS,
        faults.a_call_of_which_nothing_was_told_does_no_harm,
        Feature.TELEPHONY,
        hooks=("unknown_call",),
    ),
    _call(
        "AC-FAULTS-3",
        "An event before the reply to its request: the answer and the report are the same one interaction.",
        faults.an_event_before_the_reply_is_not_another_call,
        hooks=("events_first",),
    ),
    _row(
        "AC-FAULTS-4",
        "A reply lost: what the platform did is told once it is known, and the call succeeds when repeated.",
        CALLS,
        faults.what_was_done_without_a_reply_is_told,
        hooks=("lose_reply",),
    ),
    _row(
        "AC-FAULTS-5",
        "A connection cut and back: run ends, or tells what has changed meanwhile; a new adapter knows what is so now.",
        LIFE,
        faults.after_a_cut_the_agent_has_what_is_so_now,
        Feature.TELEPHONY,
        hooks=("cut", "restore", "phone_state"),
    ),
    _row(
        "AC-FAULTS-6",
        "A slow platform: calls of different agents do not wait for each other.",
        CALLS,
        faults.a_slow_platform_makes_nobody_wait_for_others,
        hooks=("slow",),
    ),
    _row(
        "AC-FAULTS-7",
        "A flood of events: it is told to its end, the latest state last, and others are served meanwhile.",
        REPORTS,
        faults.a_flood_is_told_to_its_end,
        hooks=("flood",),
    ),
    _row(
        "AC-FAULTS-8",
        "A platform that crashes in the middle of a call: the call fails in time; a new adapter serves afterwards.",
        LIFE,
        faults.a_crash_in_a_call_ends_the_call,
        hooks=("crash", "restore"),
    ),
    _row(
        "AC-FAULTS-9",
        "A customer who calls while the connection is cut is offered when it is back, by this adapter or by a new one.",
        LIFE,
        faults_in_calls.who_calls_during_a_cut_is_offered,
        Feature.TELEPHONY,
        hooks=("cut", "restore", "customer_calls"),
    ),
    _row(
        "AC-FAULTS-10",
        "Who hangs up while the connection is cut is gone when it is back, for this adapter or for a new one.",
        LIFE,
        faults_in_calls.who_hangs_up_during_a_cut_is_gone,
        Feature.TELEPHONY,
        hooks=("cut", "restore", "customer_calls", "customer_hangs_up"),
    ),
)


def by_function(keep: Keep) -> Promise:
    """The row of this function."""
    return next(promise for promise in PROMISES if promise.keep is keep)


GROUPS: Final = tuple(dict.fromkeys(promise.group for promise in PROMISES))
