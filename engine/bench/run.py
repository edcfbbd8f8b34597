"""One server under load, for a while or for long."""

from typing import Any, Final

import attrs

from engine.bench.crew import Crew
from engine.bench.job import Job, Window

WARM_UP_S: Final = 1.0
TRIED_S: Final = 10.0
"""So long it is tried, at most, how much a server takes."""


@attrs.frozen(kw_only=True)
class Settings:
    """`rate`: commands a second in all; or `share`, of what the server takes when each session sends as soon as it has
    its answer; neither: all of that. `every_s`: the window is looked at in slices of so many seconds.
    """

    seconds: float
    rate: float | None = None
    share: float | None = None
    every_s: float | None = None
    processes: int = 1


def run(job: Job, settings: Settings, pid: int | None) -> dict[str, Any]:
    """The figures of the whole window, of each slice under `series`, and medians of their first and last quarter.

    `curve`: percentiles, and within how many milliseconds they are. `pid` is the server's, if it is on this machine and
    is to be looked at. Raises BenchFailed.
    """
    warm_up_s = min(WARM_UP_S, settings.seconds / 4)
    with Crew(job, settings.processes) as crew:
        crew.seat()
        rate = settings.rate
        if settings.share is not None:
            tried = Window(seconds=min(TRIED_S, settings.seconds), warm_up_s=warm_up_s)
            rate = max(1.0, settings.share * crew.load(tried).whole.figures()["commands_per_s"])
        window = Window(seconds=settings.seconds, warm_up_s=warm_up_s, rate=rate, every_s=settings.every_s, pid=pid)
        found = crew.load(window)
    whole, (first, last) = found.whole, found.quarters()
    return {
        "figures": whole.figures(),
        "curve": whole.curve(),
        "series": found.series(),
        "first_quarter": first,
        "last_quarter": last,
        "settings": {
            "sessions": job.sessions,
            "connections": job.connections,
            **attrs.asdict(settings),
            "rate": rate,
            "mix": dict(job.mix),
        },
    }
