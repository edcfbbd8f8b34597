"""Pictures: lines over an axis, in one or several panels, as SVG or PNG by the file's name."""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import attrs

from engine.bench.errors import NoPicture

FORMATS: Final = (".svg", ".png")
PANEL_INCHES: Final = (5.0, 3.6)
ACROSS: Final = 3
"""So many panels at most beside each other."""
HEADROOM: Final = 1.1
MARKED: Final = 20
"""Up to so many points are marked one by one."""
Points = Sequence[tuple[float, float]]


@attrs.frozen(kw_only=True)
class Panel:
    """`lines`: points by the name of the line; or `bars`: heights by name.

    `ticks`: what is written at the axis below, where that is no number.
    """

    title: str
    across: str = ""
    up: str
    lines: Mapping[str, Points] = attrs.field(factory=dict)
    bars: Mapping[str, float] = attrs.field(factory=dict)
    log_across: bool = False
    log_up: bool = False
    ticks: Mapping[float, str] | None = None


def check_picture(file: Path) -> None:
    """Could it be drawn there? Better asked before an hour of load. Raises NoPicture."""
    if file.suffix not in FORMATS:
        raise NoPicture(f"{file}: is no name of a picture; let it end with {' or '.join(FORMATS)}")
    if not file.absolute().parent.is_dir():
        raise NoPicture(f"{file}: there is no folder {file.parent}; make it first")
    if file.is_dir() or not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
        raise NoPicture(f"{file}: cannot be written; give another name")
    if find_spec("matplotlib") is None:
        raise NoPicture("pictures need matplotlib; `pip install '.[bench]'` in a clone of the project brings it")


def draw(file: Path, title: str, panels: Sequence[Panel]) -> None:
    """Raises NoPicture."""
    # Only who wants a picture waits for it.
    import matplotlib
    from matplotlib.figure import Figure

    # Text stays text, and the same figures give the same file.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ixp", "font.size": 9}):
        across = min(len(panels), ACROSS)
        down = -(-len(panels) // across)
        wide, high = PANEL_INCHES
        figure = Figure(figsize=(wide * across, high * down), layout="constrained")
        figure.suptitle(title)
        for place, panel in enumerate(panels, start=1):
            _draw_one(figure.add_subplot(down, across, place), panel)
        try:
            metadata = {"Date": None} if file.suffix == ".svg" else {}
            figure.savefig(file, metadata=metadata, dpi=120)
        except OSError as error:
            raise NoPicture(f"{file}: cannot be written ({error.strerror}); name another file") from None


def _draw_one(axes: Any, panel: Panel) -> None:
    axes.set(title=panel.title, xlabel=panel.across, ylabel=panel.up)
    if panel.bars:
        axes.bar(list(panel.bars), list(panel.bars.values()), width=0.6)
    for name, points in panel.lines.items():
        axes.plot(*zip(*points, strict=True), marker="." if len(points) <= MARKED else "", label=name)
    if panel.log_across:
        axes.set_xscale("log")
    if panel.ticks is not None:
        axes.set_xticks(list(panel.ticks), labels=list(panel.ticks.values()))
        axes.minorticks_off()
    if panel.log_up:
        axes.set_yscale("log")
    else:
        heights = [*panel.bars.values(), *(y for points in panel.lines.values() for _, y in points)]
        axes.set_ylim(min(0.0, *heights), HEADROOM * max(heights) or 1.0)
    axes.grid(visible=True, alpha=0.3)
    if len(panel.lines) > 1:
        axes.legend()
