"""What adapters refuse alike: one failure code and one text each, so that agents read the same below every platform.

An adapter that keeps agents, channels and legs itself may use them; none has to. Pure. Source: `perform` in `spi`.
"""

from collections.abc import Iterable

from protocol.errors import FailureCode, Refused
from protocol.platform import Disposition, ReasonCode
from protocol.states import CONNECTION_LOST, ConversationState, InteractionState

# Channels and groups


def no_channel(agent: str, endpoint: str) -> Refused:
    return Refused(FailureCode.CHANNEL_UNAVAILABLE, f"{agent} has no channel at {endpoint}; add it first")


def taken(endpoint: str, holder: str) -> Refused:
    """Another agent is logged in there."""
    return Refused(FailureCode.CHANNEL_UNAVAILABLE, f"{holder} has {endpoint}; choose another, or have it freed")


def not_logged_in(agent: str, endpoint: str) -> Refused:
    return Refused(FailureCode.CHANNEL_INACTIVE, f"{agent} is not logged in at {endpoint}; activate it first")


def may_not_join(agent: str, group: str, allowed: Iterable[str]) -> Refused:
    may = ", ".join(allowed) or "no group"
    return Refused(FailureCode.INVALID_TARGET, f"{agent} may not join {group}, but {may}; choose one of these")


def in_a_group(endpoint: str, group: str) -> Refused:
    """It cannot be removed on its own."""
    return Refused(
        FailureCode.INVALID_TARGET,
        f"{endpoint} belongs to group {group} and is no standalone channel; remove the group",
    )


def still_used(endpoint: str, interaction: str) -> Refused:
    """It cannot be let go of."""
    return Refused(
        FailureCode.INTERACTION_ACTIVE,
        f"interaction {interaction} lives at {endpoint}; end and complete it first",
    )


# Reasons and dispositions


def check_reason(what: str, code: str | None, known: Iterable[ReasonCode], *, required: bool = False) -> None:
    """`what`: "logout", say. Where no codes are known, any will do; the processor's own reason will always.

    Raises Refused: REASON_REQUIRED, INVALID_REASON.
    """
    if code is None:
        if required:
            raise Refused(
                FailureCode.REASON_REQUIRED, f"a {what} reason is required; send reason.code, one of {_codes(known)}"
            )
    elif code != CONNECTION_LOST and not _knows(known, code):
        raise Refused(FailureCode.INVALID_REASON, f"there is no {what} reason {code}; take one of {_codes(known)}")


def check_disposition(disposition: Disposition | None, known: Iterable[ReasonCode], *, required: bool = False) -> None:
    """Raises Refused: REASON_REQUIRED, INVALID_REASON."""
    if disposition is None:
        if required:
            raise Refused(
                FailureCode.REASON_REQUIRED,
                f"a disposition is required; send disposition.code, one of {_codes(known)}",
            )
    elif not _knows(known, disposition.code):
        raise Refused(
            FailureCode.INVALID_REASON, f"there is no disposition {disposition.code}; take one of {_codes(known)}"
        )


def _knows(known: Iterable[ReasonCode], code: str) -> bool:
    codes = {reason.code for reason in known}
    return not codes or code in codes


def _codes(known: Iterable[ReasonCode]) -> str:
    return ", ".join(reason.code for reason in known) or "any"


# Interactions


def no_interaction(agent: str, interaction: str, endpoint: str) -> Refused:
    return Refused(
        FailureCode.INVALID_TARGET, f"{agent} has no interaction {interaction} at {endpoint}; look at the latest events"
    )


def wrong_state(interaction: str, state: InteractionState, wanted: InteractionState, what: str) -> Refused:
    """`what`: "be accepted", say."""
    return Refused(
        FailureCode.INVALID_STATE,
        f"interaction {interaction} is {state} by now, and only one that is {wanted} can {what}; "
        "look at the latest events",
    )


def second_interaction(endpoint: str, interaction: str, state: InteractionState) -> Refused:
    """One phone has one at a time."""
    return Refused(
        FailureCode.INTERACTION_ACTIVE,
        f"{endpoint} has interaction {interaction}, which is {state}; end and complete it first",
    )


# Legs


def leg_has_ended(leg: str, interaction: str) -> Refused:
    return Refused(
        FailureCode.INVALID_STATE, f"leg {leg} of interaction {interaction} has ended; look at the latest events"
    )


def unanswered(leg: str, state: ConversationState) -> Refused:
    return Refused(FailureCode.INVALID_STATE, f"leg {leg} is {state}; wait for the answer, or release it")


def cannot_hear_digits(leg: str, state: ConversationState) -> Refused:
    return Refused(FailureCode.INVALID_STATE, f"leg {leg} is {state}; digits go to a far end that is connected")


def other_leg_talks(other: str, state: ConversationState) -> Refused:
    """A leg cannot be retrieved beside it."""
    return Refused(FailureCode.CONSULT_EXISTS, f"leg {other} is {state}; alternate, or hold or release it first")


def has_consult(interaction: str) -> Refused:
    return Refused(FailureCode.CONSULT_EXISTS, f"interaction {interaction} has a consult; release or transfer it first")


def no_consult(interaction: str) -> Refused:
    return Refused(FailureCode.INVALID_STATE, f"interaction {interaction} has no consult by now; start one first")


def consult_unanswered(interaction: str) -> Refused:
    return Refused(
        FailureCode.CONSULT_NOT_CONNECTED,
        f"the consulted party of interaction {interaction} has not answered; wait for it, or release the consult",
    )


def both_held() -> Refused:
    """There is nothing to alternate."""
    return Refused(FailureCode.INVALID_STATE, "both legs are held; retrieve the one that you want")
