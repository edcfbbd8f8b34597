"""The judge: what desktops have noted, compared with what the journal has kept."""

import json
from pathlib import Path

import attrs

from engine.journal.sqlite import FILE
from engine.journal.store import Head, Store
from protocol.ids import SessionId
from tests.faults.fleet import Desktop, Fleet, nothing_was_tried


@attrs.define
class Verdict:
    """`lost`: was acknowledged or shown, and is not kept; `repeated`: is kept twice, or was carried out twice."""

    sessions: int = 0
    messages: int = 0
    lost: list[str] = attrs.field(factory=list)
    repeated: list[str] = attrs.field(factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.repeated)


def judge(fleet: Fleet, data: Path, carried_out_twice: dict[str, int]) -> Verdict:
    """Every message noted is kept, the same bytes under the same number, and every answer once."""
    verdict = Verdict()
    store = Store(data / FILE)
    try:
        for desktop in fleet.desktops:
            verdict.sessions += 1
            _judge_one(desktop, store, verdict)
    finally:
        store.close()
    verdict.repeated += [f"ticket {ticket}: {count} times" for ticket, count in carried_out_twice.items()]
    return verdict


def _judge_one(desktop: Desktop, store: Store, verdict: Verdict) -> None:
    kept: dict[int, str] = {}
    for _, step in store.steps(SessionId(desktop.session), Head(0, 0)):
        kept |= {record.seq: record.text.decode() for record in step.records}
    verdict.messages += len(kept)
    for seq, text in desktop.noted.items():
        if kept.get(seq) != text:
            verdict.lost.append(f"{desktop.agent}: message {seq} is {kept.get(seq)}, and was {text}")
    if list(kept) != list(range(1, len(kept) + 1)):
        verdict.lost.append(f"{desktop.agent}: the numbers of the journal have gaps")
    if len(kept) != len(desktop.noted):
        verdict.lost.append(f"{desktop.agent}: {len(kept)} messages are kept, and {len(desktop.noted)} came")
    answers: dict[str, int] = {}
    for text in kept.values():
        message = json.loads(text)
        if "result" in message and not nothing_was_tried(message):
            answers[message["requestid"]] = answers.get(message["requestid"], 0) + 1
    verdict.lost += [
        f"{desktop.agent}: {each} is not in the journal" for each in desktop.answered if each not in answers
    ]
    verdict.repeated += [f"{desktop.agent}: {each} {count} times" for each, count in answers.items() if count > 1]
