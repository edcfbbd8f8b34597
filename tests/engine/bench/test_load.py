"""What is charged to a server that is late."""

from collections.abc import Sequence

import attrs
import pytest
import trio

from engine.bench.desks import Asked, BadAnswer, Desk
from engine.bench.job import ENGINE, Job, Window
from engine.bench.links import Link
from engine.bench.load import Load

ASKED = Asked(b"{}", 1)
ANSWER = '{"target": "s1", "result": "success"}'


@attrs.define(eq=False)
class SlowLine:
    """A server that takes so long over its first answer, and none over the others."""

    takes_s: float
    sent: int = 0
    _send: "trio.MemorySendChannel[str] | None" = None
    _receive: "trio.MemoryReceiveChannel[str] | None" = None

    def __attrs_post_init__(self) -> None:
        self._send, self._receive = trio.open_memory_channel[str](100)

    async def send_texts(self, texts: Sequence[bytes]) -> None:
        await trio.lowlevel.checkpoint()
        self.sent += len(texts)
        assert self._send is not None
        for _ in texts:
            self._send.send_nowait(ANSWER)

    async def messages(self) -> list[str]:
        assert self._receive is not None
        text = await self._receive.receive()
        takes_s, self.takes_s = self.takes_s, 0.0
        await trio.sleep(takes_s)
        return [text]


async def play(takes_s: float, window: Window) -> tuple[int, list[float]]:
    """How many were sent, and: how many waits there are, the shortest, the median and the longest in milliseconds."""
    line = SlowLine(takes_s)
    link, desk = Link(line, asking=False), Desk("s1", [ASKED])
    link.desks["s1"] = desk
    job = Job(url="ws://x", kind=ENGINE, sessions=1, connections=1, batched=False)
    load = Load(job, [link], [(link, desk)])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(load.hear, link)
        waits = (await load.play(window)).whole.waits
        nursery.cancel_scope.cancel()
    return line.sent, [waits.number, waits.within_ms(0), waits.within_ms(50), waits.most_ms]


async def test_at_a_rate_a_stall_is_charged_for_all_that_were_due_in_it() -> None:
    """One command is answered after the window, and four more could not even be sent."""
    sent, (number, least_ms, middle_ms, most_ms) = await play(0.8, Window(seconds=0.5, warm_up_s=0.0, rate=10.0))
    assert (sent, number) == (1, 5)
    assert least_ms >= 390
    assert middle_ms >= 590
    assert most_ms >= 790


async def test_what_was_late_is_sent_as_soon_as_can_be() -> None:
    sent, (number, _, _, most_ms) = await play(0.25, Window(seconds=0.6, warm_up_s=0.0, rate=10.0))
    assert sent == number == 6
    assert most_ms >= 240


async def test_without_a_rate_a_window_has_what_was_answered_in_it() -> None:
    sent, (number, *_) = await play(0.4, Window(seconds=0.2, warm_up_s=0.0))
    assert (sent, number) == (1, 0)


async def test_a_server_that_answers_no_more_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.bench.load.SETTLE_S", 0.1)
    with pytest.RaisesGroup(
        pytest.RaisesExc(BadAnswer, match="commands without an answer: 1, and none came for 0.1 s")
    ):
        await play(5.0, Window(seconds=0.2, warm_up_s=0.0))
