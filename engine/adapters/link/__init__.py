"""A CTI platform behind a program in any language: the adapter interface as JSON-RPC 2.0 over WebSocket.

Source: specs/adapter-link.md.
"""

from engine.adapters.link.adapter import open_adapter

__all__ = ("open_adapter",)
