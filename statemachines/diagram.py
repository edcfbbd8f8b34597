"""The rules as people read them: state tables as Mermaid diagrams and Markdown, sequences as indented steps.

Everything is made from the tables that the core runs on. Source: specs/protocol.md, "States", "Capabilities",
"Ordering" and "Failure codes".
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

from protocol.errors import FAILURES
from statemachines.capabilities import CAPABILITIES
from statemachines.channel import AGENT, LOGIN
from statemachines.channelgroup import CHANNELGROUP
from statemachines.conversation import CONVERSATION
from statemachines.interaction import INTERACTION
from statemachines.sequences import COMMAND_YIELDS, SEQUENCES, Each, Emit, Step, What
from statemachines.session import SESSION
from statemachines.table import Row, Table

TABLES: Final[tuple[Table[Any], ...]] = (SESSION, CHANNELGROUP, LOGIN, AGENT, INTERACTION, CONVERSATION)

_INDENT: Final = "    "


# Markdown


def markdown_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def code(word: str) -> str:
    return f"`{word}`"


def in_words(claim: Callable[..., object]) -> str:
    """The name of a guard or claim, as a sentence says it."""
    return claim.__name__.replace("_", " ")


# States


def state_diagram(table: Table[Any]) -> str:
    """The rows as a Mermaid state diagram."""
    lines = [
        "stateDiagram-v2",
        *(f"{_INDENT}[*] --> {state}" for state in (table.initial, *table.also_initial)),
        *(f"{_INDENT}{row.source} --> {row.dest}: {_label(row)}" for row in table.rows),
        *(f"{_INDENT}{state} --> [*]" for state in table.states if state in table.final),
    ]
    return "".join(f"{line}\n" for line in lines)


def _label(row: Row[Any]) -> str:
    return f"{row.trigger} [{in_words(row.guard)}]" if row.guard else row.trigger


def transition_table(table: Table[Any]) -> str:
    """The rows as a Markdown table."""
    return markdown_table(
        ("trigger", "from", "to", "only while"),
        (
            (code(row.trigger), code(row.source), code(row.dest), in_words(row.guard) if row.guard else "")
            for row in table.rows
        ),
    )


def transitions_page() -> str:
    parts = ["# States and transitions\n"]
    for table in TABLES:
        parts += [
            f"## {table.title}\n",
            f"```mermaid\n{state_diagram(table)}```\n",
            transition_table(table),
        ]
    return "\n".join(parts)


# Secondary events


def steps(sequence: Iterable[Step], indent: str = "") -> Iterator[str]:
    """A sequence as lines, one an event; repeated and conditional steps are indented."""
    for step in sequence:
        match step:
            case Emit():
                yield f"{indent}{step.event}"
            case Each():
                yield f"{indent}for {step.relation}:"
                yield from steps(step.steps, indent + _INDENT)
            case _:
                yield f"{indent}if {step.claim}:"
                yield from steps(step.steps, indent + _INDENT)


def sequences_page() -> str:
    parts = [
        "# Secondary events\n",
        "What happens, and the events that tell of it, in their order. An event is about the object that the heading "
        "names, or the `for` line above it; a session's own channels are the standalone ones. Nothing of the same "
        "session comes between the events of one sequence.\n",
    ]
    for what in What:
        causes = [code(command) for command, happens in COMMAND_YIELDS.items() if happens is what]
        parts.append(f"## {what}\n")
        if causes:
            parts.append(f"After the success of {', '.join(causes)}.\n")
        parts.append("```text\n" + "".join(f"{line}\n" for line in steps(SEQUENCES[what])) + "```\n")
    silent = ", ".join(code(command) for command, happens in COMMAND_YIELDS.items() if happens is None)
    parts += ["## Nothing\n", f"No event follows the success of {silent}.\n"]
    return "\n".join(parts)


# Capabilities and failure codes


def capabilities_page() -> str:
    parts = [
        "# Capabilities\n",
        "When each command is open to an object. A command of which the platform lacks the feature, or for "
        "which the customer's side lacks the ability, is never open. "
        "A command that is closed fails, unless what it asks for holds already and the last column says so.\n",
    ]
    for kind, rows in CAPABILITIES.items():
        parts += [
            f"## {kind}\n",
            markdown_table(
                ("capability", "open while", "feature", "customer's side can", "succeeds though closed while"),
                (
                    (
                        code(row.name),
                        in_words(row.opens),
                        _optional(row.feature),
                        _optional(row.ability),
                        in_words(row.holds) if row.holds else "",
                    )
                    for row in rows
                ),
            ),
        ]
    return "\n".join(parts)


def _optional(word: StrEnum | None) -> str:
    return "" if word is None else code(word)


def failure_codes_page() -> str:
    return "\n".join(
        (
            "# Failure codes\n",
            "In the order in which a request is checked: the first hit wins. Only a failure of the platform or the "
            "server is worth the same request again.\n",
            markdown_table(
                ("code", "meaning", "what to do", "whose fault", "HTTP status", "platform may refuse with it"),
                (
                    (
                        code(failure),
                        meaning.text,
                        meaning.remedy,
                        meaning.fault,
                        str(meaning.http),
                        "yes" if meaning.from_platform else "",
                    )
                    for failure, meaning in FAILURES.items()
                ),
            ),
        )
    )
