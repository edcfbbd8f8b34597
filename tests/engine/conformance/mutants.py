"""All servers that are broken on purpose: each must be found by the conformance kit, and by the rule that it breaks.

The table of them: specs/conformance/mutants.md.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tests.engine.conformance.mutant import Mutant
from tests.engine.conformance.mutants_input import INPUT, SOCKET
from tests.engine.conformance.mutants_messages import ANSWERS, FAILURES, FORMS
from tests.engine.conformance.mutants_objects import AFFAIRS, CAPABILITIES, DATA, STATES
from tests.engine.conformance.mutants_order import NUMBERS, ORDER
from tests.engine.conformance.mutants_service import BINDING, RESUMING
from tests.engine.conformance.mutants_together import TOGETHER

SECTIONS: Final[Mapping[str, Sequence[Mutant]]] = {
    "Order": ORDER,
    "Numbers and causes": NUMBERS,
    "Answers": ANSWERS,
    "Failures": FAILURES,
    "Forms of messages": FORMS,
    "Capabilities": CAPABILITIES,
    "States and objects": STATES,
    "What becomes of channels and calls": AFFAIRS,
    "Data": DATA,
    "Before a session": BINDING,
    "Losing the transport": RESUMING,
    "Several at once, and what comes beside": TOGETHER,
    "What is refused": INPUT,
    "WebSocket": SOCKET,
}
MUTANTS: Final = tuple(mutant for section in SECTIONS.values() for mutant in section)
