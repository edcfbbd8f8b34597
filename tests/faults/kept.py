"""The judge: what desktops have noted, compared with what the journal has kept."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

from engine.config import SessionSettings
from engine.conformance.view import Broken, ClientView
from engine.journal.sqlite import FILE
from engine.journal.store import Store
from protocol.ids import SessionId
from tests.faults.fleet import Desktop, Fleet, Message, was_carried_out


@attrs.define
class Verdict:
    """`lost`: was acknowledged or shown, and is not kept; `repeated`: is kept twice or was carried out twice, or once
    though it was refused. `missing`: was acknowledged or shown, is not kept, and the desktop was told to forget it.
    `not_allowed`: was shown, and the tables allow no such thing to come of what was shown before."""

    sessions: int = 0
    messages: int = 0
    lost: list[str] = attrs.field(factory=list)
    repeated: list[str] = attrs.field(factory=list)
    missing: list[str] = attrs.field(factory=list)
    not_allowed: list[str] = attrs.field(factory=list)

    @property
    def wrong(self) -> list[str]:
        """Whatever is no promised loss."""
        return [*self.lost, *self.repeated, *self.not_allowed]

    @property
    def clean(self) -> bool:
        return not self.wrong


HISTORY: Final = SessionSettings().history_messages


def judge(
    fleet: Fleet,
    data: Path,
    carried_out_twice: dict[str, int],
    carried_out: Iterable[str] = (),
    *,
    history: int = HISTORY,
) -> Verdict:
    """Every message noted is kept, the same bytes under the same number, every answer once, and no refused request;
    and a client that knows the tables can follow what was shown.

    `history`: of each session so many of the last messages have to be there, and all answers.
    """
    verdict = Verdict()
    store = Store(data / FILE)
    try:
        for desktop in fleet.desktops:
            verdict.sessions += 1
            _judge_one(desktop, store, verdict, history)
    finally:
        store.close()
    verdict.repeated += [f"ticket {ticket}: {count} times" for ticket, count in carried_out_twice.items()]
    refused = {f"{desktop.session}/{each[1:]}" for desktop in fleet.desktops for each in desktop.refused}
    verdict.repeated += [f"ticket {ticket}: was refused" for ticket in carried_out if ticket in refused]
    return verdict


def _judge_one(desktop: Desktop, store: Store, verdict: Verdict, history: int) -> None:
    session = SessionId(desktop.session)
    stored = store.history(session)
    begins = stored.seq
    kept = {seq: store.response(session, seq).decode() for seq in stored.answered.values()}
    outlived = len(kept)
    for step in stored.steps:
        kept |= {record.seq: record.text.decode() for record in step.records}
    verdict.messages += len(kept)
    if begins > max(0, max(kept, default=0) - history):
        verdict.lost.append(f"{desktop.agent}: up to message {begins} of {max(kept)} is forgotten")
    for seq, text in desktop.noted.items():
        if kept.get(seq) != text and (seq > begins or _is_remembered(json.loads(text))):
            verdict.lost.append(f"{desktop.agent}: message {seq} is {kept.get(seq)}, and was {text}")
    for (of, seq), text in desktop.shown.items():
        if of == desktop.session and seq > begins and kept.get(seq) != text and not desktop.forgotten:
            verdict.lost.append(f"{desktop.agent}: message {seq} is {kept.get(seq)}, and a supervisor was shown {text}")
    if list(kept)[outlived:] != list(range(begins + 1, begins + 1 + len(kept) - outlived)):
        verdict.lost.append(f"{desktop.agent}: the numbers of the journal have gaps")
    for seq, text in desktop.forgotten:
        if kept.get(seq) != text:
            verdict.missing.append(f"{desktop.agent}: message {seq} was {text}")
    messages = map(json.loads, kept.values())
    answers = Counter(message["requestid"] for message in messages if _is_remembered(message))
    verdict.lost += [
        f"{desktop.agent}: {each} is not in the journal" for each in desktop.answered if each not in answers
    ]
    verdict.repeated += [f"{desktop.agent}: {each} {count} times" for each, count in answers.items() if count > 1]
    verdict.repeated += [f"{desktop.agent}: {each} was refused, and answered" for each in desktop.refused & {*answers}]
    if not_allowed := _follow(desktop):
        verdict.not_allowed.append(f"{desktop.agent}: {not_allowed}")


def _follow(desktop: Desktop) -> str:
    """What a client finds wrong that has seen what this desktop has seen of its session, since the last RESET."""
    view = ClientView(desktop.session)
    if desktop.noted:
        view.start_anew(min(desktop.noted) - 1)
    for seq in sorted(desktop.noted):
        try:
            view.take(json.loads(desktop.noted[seq]))
        except Broken as broken:
            return str(broken)
    return ""


def _is_remembered(message: Message) -> bool:
    return "result" in message and was_carried_out(message)
