"""The client of the benchmark, a process of its own: closed loops on so many connections for so many seconds.

`python -m tests.benchmarks.load URL KIND SESSIONS SECONDS` prints one JSON object. KIND `engine` prepares a session a
connection, brings one channel up, and alternates channel.ready and channel.notready; KIND `echo` sends texts of the
size of those requests to an echo server. A command is done when the last message that it causes has come.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

EVENTS_A_COMMAND = 2
WARM_UP_S = 0.5

Command = Callable[[int], Awaitable[int]]
"""Do the n-th command; return how many messages went either way."""

End = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """An echo has no session to end."""


async def engine_session(websocket: ClientConnection, number: int) -> tuple[Command, End]:
    async def ask(command: str, target: str | None, data: object, messages: int = 1) -> dict[str, Any]:
        text = {"command": command, "data": data} | ({"target": target} if target else {})
        await websocket.send(json.dumps(text))
        response: dict[str, Any] = json.loads(await websocket.recv())
        if response["result"] != "success":
            raise RuntimeError(f"{command}: {response}")
        for _ in range(messages - 1):
            await websocket.recv()
        return response.get("data", {})

    agent = {"id": f"agent{number}", "password": "demo"}
    prepared = await ask("prepareSession", None, {"override": True, "agent": agent})
    session = prepared["session"]["id"]
    await ask("bindSession", session, {})
    await ask("session.start", session, {}, 2)
    channel = {"endpoint": str(4000 + number), "type": "Telephony"}
    await ask("session.addchannel", session, {"channel": channel}, 4)
    await ask("channel.activate", f"{session}.c1", {}, 3)
    texts = [
        json.dumps({"command": f"channel.{verb}", "target": f"{session}.c1", "data": {}})
        for verb in ("ready", "notready")
    ]

    async def alternate(turn: int) -> int:
        await websocket.send(texts[turn % 2])
        response = await websocket.recv()
        if '"success"' not in response:
            raise RuntimeError(response)
        for _ in range(EVENTS_A_COMMAND):
            await websocket.recv()
        return 2 + EVENTS_A_COMMAND

    async def log_out() -> None:
        await ask("session.logout", session, {})

    return alternate, log_out


async def echo_session(websocket: ClientConnection, number: int) -> tuple[Command, End]:
    text = json.dumps({"command": "channel.notready", "target": "x" * 19, "data": {}})

    async def echo(_: int) -> int:
        await websocket.send(text)
        await websocket.recv()
        return 2

    return echo, nothing


MAKERS = {"engine": engine_session, "echo": echo_session}


async def run(url: str, kind: str, sessions: int, seconds: float) -> dict[str, float]:
    """Closed loops on `sessions` connections; latencies in milliseconds, counts after the warm-up."""
    latencies: list[float] = []
    messages = 0
    websockets = [await connect(url, compression=None, ping_interval=None) for _ in range(sessions)]
    made = [await MAKERS[kind](websocket, number + 1) for number, websocket in enumerate(websockets)]
    begin = time.perf_counter() + WARM_UP_S
    end = begin + seconds

    async def loop(command: Command) -> None:
        nonlocal messages
        turn = 0
        while (sent := time.perf_counter()) < end:
            count = await command(turn)
            turn += 1
            if sent >= begin:
                messages += count
                latencies.append(time.perf_counter() - sent)

    await asyncio.gather(*(loop(command) for command, _ in made))
    for websocket, (_, end_session) in zip(websockets, made, strict=True):
        await end_session()
        await websocket.close()
    latencies.sort()
    return {
        "commands_per_s": len(latencies) / seconds,
        "messages_per_s": messages / seconds,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))))
