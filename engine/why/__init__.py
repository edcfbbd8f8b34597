"""How an object of a session got where it is: its last changes, each with rule, cause and the message that told it.

`why` explains from the session's steps, `render` shows it on a terminal, `as_json` to a program. Everything is read
from inputs and messages; the core keeps nothing for it. Source: specs/observation.md, "Why".
"""

from engine.why.causes import Cause, CauseKind
from engine.why.explain import Change, Explanation, UnknownTarget, why
from engine.why.rules import Rule
from engine.why.show import as_json, render
from engine.why.steps import Step

__all__ = (
    "Cause",
    "CauseKind",
    "Change",
    "Explanation",
    "Rule",
    "Step",
    "UnknownTarget",
    "as_json",
    "render",
    "why",
)
