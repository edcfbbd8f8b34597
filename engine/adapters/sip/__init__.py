"""Agents' phones are real SIP user agents; this adapter runs or attaches to them, and tells them what to do."""

from collections.abc import Mapping
from pathlib import Path

from engine.adapters.sip.adapter import SipAdapter
from engine.adapters.sip.settings import SipSettings
from engine.adapters.spi import MakeAdapter, settings_of


def open_adapter(settings: Mapping[str, object], folder: Path) -> MakeAdapter:
    """The entry point `sip`. Raises ValueError that names the key and the remedy."""
    checked = settings_of(settings, SipSettings)
    return lambda: SipAdapter(checked)
