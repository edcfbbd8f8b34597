"""The page that lists the promises, made from their table."""

from collections.abc import Iterator
from typing import Final

from engine.adapters.contract.bench import OFFERS
from engine.adapters.contract.promise import Promise
from engine.adapters.contract.table import GROUPS, PROMISES
from protocol.platform import Feature
from statemachines.diagram import markdown_table

_HEAD: Final = """# Adapter contract

Every promise of an adapter that `ixp adapter check` tries, by its id; [adapter-interface.md](adapter-interface.md) is
where they come from, [adapters.md](adapters.md) how to keep them. What an adapter does not declare among its
[features](adapter-interface.md#features) is not applicable. What the bench cannot have the platform do is not tried,
and never counts as kept.
"""

_BENCH: Final = """What a bench may offer beside what every bench has, and the promises that are tried where it does.
Each is an async function of these details, which returns when the platform has done it; the adapter may hear of it
later. `chats` and `mailboxes` are mappings.
"""

_ABOUT: Final = {
    "life": "When an adapter may be asked, and how it ends.",
    "calls": "What each call is answered with, what it does, how it is refused.",
    "reports": "What is told, to whom, and when.",
    "telephony": "Calls. Agents call each other, so that nobody else is needed, save where a customer is one end.",
    "media": "Chats and emails, which customers begin.",
    "faults": "When the platform repeats itself, says too little, too much, too late, or nothing at all.",
}


def contract_page() -> str:
    """Markdown."""
    sections = [f"## {group.capitalize()}\n\n{_ABOUT[group]}\n\n{_table(group)}" for group in GROUPS]
    return "\n".join([_HEAD, *sections, f"## Bench\n\n{_bench()}"])


def _table(group: str) -> str:
    rows = [
        [f"`{promise.id}`", promise.says, _link(promise.section), ", ".join(_needs(promise))]
        for promise in PROMISES
        if promise.group == group
    ]
    return markdown_table(["id", "promise", "from", "needs"], rows)


def _link(section: str) -> str:
    return f"[{section}](adapter-interface.md#{section.lower().replace(' ', '-')})"


def _needs(promise: Promise) -> Iterator[str]:
    yield from (f"`{feature}`" for feature in Feature if feature in promise.features)
    yield from (f"bench `{hook}`" for hook in promise.hooks)


def _bench() -> str:
    """What a bench may offer beside what every bench has."""
    rows = [
        [f"`{name}`", says, ", ".join(promise.id for promise in PROMISES if name in promise.hooks)]
        for name, says in OFFERS.items()
    ]
    return f"{_BENCH}\n{markdown_table(['offers', 'what it does', 'promises'], rows)}"
