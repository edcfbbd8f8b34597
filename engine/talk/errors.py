"""What a talk ends by."""


class TalkError(Exception):
    """The talk cannot go on; the message says why, and what to do."""
