"""The rules: state tables, capabilities, secondary-event sequences, and the session core that applies them.

Synchronous and deterministic: time comes in as an argument, nothing is awaited, drawn or opened.
"""
