"""Ports for what must be told where to listen before it does."""

from typing import Final

from engine.adapters.sip import process

HERE: Final = "127.0.0.1"


def free_port(*, for_sip: bool = False) -> int:
    """None of those that the system gives to whoever asks for any, as other tests do all the time; with `for_sip` a
    phone can have it, and what it takes with it."""
    return process.free_port(HERE, set(), for_sip=for_sip)
