"""What a server may do, and a desktop must bear: each is a trial with a number."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import attrs
import trio
from websockets.frames import Opcode

from engine.conformance.line import frame
from engine.conformance.messages import JsonObject
from engine.conformance.serve_client.stage import Act, NotTried, Passing, Stage, as_it_is
from engine.conformance.serve_client.takeover import take_over
from engine.conformance.serve_client.watch import Life

OFTEN: Final = 2
"""What is unusual is done so often, at least."""
ENOUGH: Final = 4
"""After so many messages it is seen that a desktop goes on."""
SLOW_S: Final = 3.0
SILENCE_S: Final = 6.0
PINGS: Final = 3
TOGETHER_S: Final = 0.3
COME_BACK_S: Final = 2
AT_REST_S: Final = 4.0
"""For so long a desktop is watched that must do nothing."""


@attrs.frozen(kw_only=True)
class Trial:
    """`does` is what the server does, `must` what the desktop must do."""

    number: int
    name: str
    does: str
    must: str
    play: Callable[[Stage], Awaitable[None]]


# Without a cut


async def _unusual(stage: Stage, act: Act) -> None:
    """Messages pass, and the desktop stays. Raises NotTried."""
    begun, times, parted = stage.passed, stage.done, stage.parted
    stage.act = act

    def done() -> bool:
        seen = stage.passed >= begun + ENOUGH and stage.done >= times + OFTEN
        return seen or stage.parted > parted

    if not await stage.until(done, stage.person_s):
        raise NotTried("too little was said; do something at the desktop, such as to go ready and not ready")
    # One that leaves has perhaps been passed enough before it is heard to leave.
    await stage.until(lambda: stage.parted > parted or stage.at_work() is not None, stage.patience_s)
    life = stage.at_work()
    if life is not None and stage.parted == parted:
        await stage.check_pong(_handler(life))
    if stage.parted > parted:
        stage.watch.fault("CL-13", "the desktop has ended the connection")


def _handler(life: Life) -> Any:
    return life.bound


async def unknown_properties(stage: Stage) -> None:
    async def act(passing: Passing) -> Sequence[JsonObject]:
        more: JsonObject = {"x_conformance": {"later": [1, None, {"release": True}]}}
        message = passing.message
        if isinstance(message.get("data"), dict):
            more["data"] = {**message["data"], **more}
        stage.done += 1
        return [{**message, **more}]

    await _unusual(stage, act)


async def unknown_events(stage: Stage) -> None:
    async def act(passing: Passing) -> Sequence[JsonObject]:
        if passing.is_answer and passing.life is not None:  # no sequence is under way
            data = {"x_conformance": {"id": "later"}}
            event: JsonObject = {"name": "session.x_conformance.changed", "target": passing.life.id, "data": data}
            passing.life.numbering.insert(passing.message["seq"], event)
            stage.done += 1
        return [passing.message]

    await _unusual(stage, act)


async def slow_answers(stage: Stage) -> None:
    async def act(passing: Passing) -> Sequence[JsonObject]:
        if passing.is_answer:
            await trio.sleep(SLOW_S)
            stage.done += 1
        return [passing.message]

    await _unusual(stage, act)


async def together(stage: Stage) -> None:
    """What comes within a moment travels in one frame."""
    life = await stage.someone_at_work()
    handler = _handler(life)
    if not handler.link.batched:
        raise NotTried("the desktop does not offer the subprotocol agent-session-batch.v1, which it need not")
    held: list[JsonObject] = []

    async def act(passing: Passing) -> Sequence[JsonObject]:
        if passing.handler is not handler:
            return [passing.message]
        held.append(passing.message)
        return []

    async def send() -> None:
        while True:
            await trio.sleep(TOGETHER_S)
            messages = [each for one in held for each in handler.numbered(one)]
            held.clear()
            stage.done += len(messages) > 1
            await handler.link.tell_client(*messages)

    problem: NotTried | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        try:
            await _unusual(stage, act)
        except NotTried as error:
            problem = error
        stage.act = as_it_is
        await trio.sleep(2 * TOGETHER_S)  # what is held is still said
        nursery.cancel_scope.cancel()
    if problem is not None:
        raise problem


async def fragments(stage: Stage) -> None:
    """Each message in three frames, with a ping among them."""

    async def act(passing: Passing) -> Sequence[JsonObject]:
        link = passing.handler.link
        for text in link.texts(passing.handler.numbered(passing.message)):
            third = len(text) // 3
            for opcode, part, fin in (
                (Opcode.TEXT, text[:third], False),
                (Opcode.PING, b"between", True),
                (Opcode.CONT, text[third:-third], False),
                (Opcode.CONT, text[-third:], True),
            ):
                await link.send_client(frame(opcode, part, fin=fin, masked=False))
        stage.done += 1
        return []

    await _unusual(stage, act)


async def silence(stage: Stage) -> None:
    life = await stage.someone_at_work()
    handler, parted = _handler(life), stage.parted
    handler.silent = trio.Event()
    for _ in range(PINGS):
        await trio.sleep(SILENCE_S / PINGS)
        await stage.check_pong(handler)
    handler.silent.set()
    handler.silent = None
    if stage.parted > parted:
        stage.watch.fault("CL-13", "the desktop has ended the connection")


# With one


def cut(when: Callable[[Passing], bool], *, half: bool = False) -> Callable[[Stage], Awaitable[None]]:
    """The message is not passed on, or half of it; then the connection is lost."""

    async def play(stage: Stage) -> None:
        begun = len(stage.outcomes)
        life = await _cut(stage, when, half=half)
        await stage.came_back(life, "RESUMED", begun)

    return play


async def _cut(stage: Stage, when: Callable[[Passing], bool], *, half: bool = False) -> Life:
    """The session whose connection was lost. Raises NotTried."""
    lost: list[Life] = []

    async def act(passing: Passing) -> Sequence[JsonObject]:
        if lost or passing.life is None or not when(passing):
            return [passing.message]
        lost.append(passing.life)
        (text,) = passing.handler.link.texts([passing.message])
        whole = frame(Opcode.TEXT, text, masked=False)
        await stage.cut(passing.handler, whole[: len(whole) // 2] if half else b"")
        stage.tell()
        return []

    stage.act = act
    if not await stage.until(lambda: bool(lost), stage.person_s):
        raise NotTried("nothing was told that could be cut; do something at the desktop, such as to go ready")
    return lost[0]


def _first_event(passing: Passing) -> bool:
    """Right behind the answer."""
    return passing.is_event and (passing.before or {}).get("result") == "success"


def _second_event(passing: Passing) -> bool:
    before = passing.before or {}
    return passing.is_event and "name" in before and before.get("cause") == passing.message.get("cause")


def _any_answer(passing: Passing) -> bool:
    return passing.is_answer


async def reset(stage: Stage) -> None:
    begun = len(stage.outcomes)
    life = await _cut(stage, lambda passing: passing.life is not None)
    stage.unknown_epoch = True
    if await stage.came_back(life, "RESET", begun) and not await stage.until(
        lambda: life.asked_to_start, stage.patience_s
    ):
        stage.watch.fault("CL-8", f"it has not sent session.start within {stage.patience_s:g} s after a RESET")


async def stopping(stage: Stage) -> None:
    life = await stage.someone_at_work()
    handler, connections, outcomes = _handler(life), len(stage.handlers), len(stage.outcomes)
    reason = f"the server is stopping; connect again in {COME_BACK_S} s"
    await handler.link.send_client(frame(Opcode.CLOSE, (1001).to_bytes(2) + reason.encode(), masked=False))
    begun = trio.current_time()
    handler.cut = True
    stage.cut_at[life.id] = begun
    if not await stage.until(lambda: len(stage.handlers) > connections, COME_BACK_S + stage.patience_s):
        stage.watch.fault("CL-10", f"it has not come back within {COME_BACK_S + stage.patience_s:g} s")
        return
    if (after := trio.current_time() - begun) < COME_BACK_S:
        stage.watch.fault("CL-10", f"it has come back after {after:.1f} s, and {COME_BACK_S} were due")
    await stage.came_back(life, "RESUMED", outcomes)


async def taken_over(stage: Stage) -> None:
    life = await stage.someone_at_work()

    async def look() -> None:
        await stage.until(lambda: life.over_at is not None, stage.patience_s)
        await trio.sleep(AT_REST_S)
        stage.watch.taken_over.clear()

    await take_over(stage.upstream, life.agent, look)


_ROWS: Final[Sequence[tuple[str, str, str, Callable[[Stage], Awaitable[None]]]]] = (
    ("unknown properties", "every message has a property more", "take no notice", unknown_properties),
    ("unknown events", "events of a later release stand between sequences", "take no notice", unknown_events),
    ("slow answers", f"every answer comes {SLOW_S:g} s late", "wait", slow_answers),
    ("together", "what comes within a moment is one frame", "take the messages one by one", together),
    ("fragments", "every message comes in three frames, with a ping among them", "put them together", fragments),
    ("silence", f"nothing is said for {SILENCE_S:g} s, but for pings", "answer them, and stay", silence),
    ("cut after the answer", "the connection is lost before the events", "resume", cut(_first_event)),
    ("cut among the events", "the connection is lost between events", "resume", cut(_second_event)),
    ("cut within a frame", "the connection is lost in half a message", "resume", cut(_any_answer, half=True)),
    ("reset", "the connection is lost, and cannot be resumed", "start anew, forgetting all objects", reset),
    ("stopping", f"1001, again in {COME_BACK_S} s", "wait as long, come back, and resume", stopping),
    ("taken over", "another desktop prepares a session of the agent", "stop, and ask the person", taken_over),
)

TRIALS: Final = tuple(
    Trial(number=number, name=name, does=does, must=must, play=play)
    for number, (name, does, must, play) in enumerate(_ROWS, 1)
)
