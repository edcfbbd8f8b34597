"""A process with phones, for tests that kill it: prints the numbers of its phones when they are up, and goes on."""

import json

import trio

from engine.adapters.sip.adapter import SipAdapter
from engine.adapters.sip.bench import Nobody, settings


async def main() -> None:
    adapter = SipAdapter(settings(2))
    async with trio.open_nursery() as nursery:
        await nursery.start(adapter.run, Nobody())
        assert adapter.running is not None
        print(json.dumps([phone.process.pid for phone, _ in adapter.running.phones if phone.process]), flush=True)
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main)
