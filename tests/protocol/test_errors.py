"""One row per failure code, in the order of checking: specs/protocol.md, "Failure codes"."""

import pytest

from protocol.errors import CHECK_ORDER, FAILURES, FailureCode, Fault, Refused

IN_ORDER = """
    INVALID_REQUEST UNKNOWN_COMMAND NOT_AUTHENTICATED NOT_BOUND FORBIDDEN NOT_STARTED ALREADY_STARTED INVALID_TARGET
    UNSUPPORTED INVALID_STATE INTERACTION_ACTIVE CHANNEL_UNAVAILABLE CHANNEL_INACTIVE ALREADY_EXISTS REASON_REQUIRED
    INVALID_REASON INVALID_DESTINATION DESTINATION_BUSY NO_ANSWER CONSULT_EXISTS CONSULT_NOT_CONNECTED AUTH_FAILED
    NOT_ACCEPTING ALREADY_BOUND PLATFORM_ERROR PLATFORM_UNAVAILABLE TIMEOUT OVERLOADED INTERNAL_ERROR
""".split()  # noqa: SIM905  copied from the specification


def test_every_code_has_a_row_in_the_promised_order() -> None:
    assert list(CHECK_ORDER) == list(FAILURES) == IN_ORDER
    assert set(FAILURES) == set(FailureCode)


@pytest.mark.parametrize("code", FailureCode)
def test_a_row_says_whose_fault_it_is(code: FailureCode) -> None:
    meaning = FAILURES[code]
    assert code.value == code.name
    assert meaning.text.endswith(".")
    assert meaning.remedy.endswith(".")
    assert 400 <= meaning.http <= 599
    if meaning.http not in (409, 429):
        assert (meaning.http < 500) == (meaning.fault is Fault.CLIENT) or code is FailureCode.UNSUPPORTED


def test_what_is_judged_before_the_platform_is_asked_never_comes_from_it() -> None:
    ours = {code for code, meaning in FAILURES.items() if not meaning.from_platform}
    assert ours == {
        *CHECK_ORDER[: CHECK_ORDER.index(FailureCode.INVALID_TARGET)],
        FailureCode.NOT_ACCEPTING,
        FailureCode.ALREADY_BOUND,
        FailureCode.TIMEOUT,
        FailureCode.OVERLOADED,
        FailureCode.INTERNAL_ERROR,
    }


def test_a_refusal_carries_code_and_message() -> None:
    refusal = Refused(FailureCode.NO_ANSWER, "nobody there")
    assert (refusal.code, refusal.message) == (FailureCode.NO_ANSWER, "nobody there")
    assert str(refusal) == "NO_ANSWER: nobody there"
