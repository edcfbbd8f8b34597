"""CSTA phase III (ECMA-323) over the framing of Avaya's DMCC: phones and agents of a switch behind AES."""

from collections.abc import Mapping
from pathlib import Path

from engine.adapters.csta.adapter import CstaAdapter
from engine.adapters.csta.settings import read_settings, tls_context
from engine.adapters.spi import MakeAdapter


def open_adapter(settings: Mapping[str, object], folder: Path) -> MakeAdapter:
    """Check the adapter's table, and return how adapters are made. Raises ValueError, "key: problem, remedy"."""
    own = read_settings(settings)
    tls = tls_context(own, folder)
    return lambda: CstaAdapter(own, tls)
