"""What a deployment may set of the rules of a session."""

import attrs


@attrs.frozen(kw_only=True)
class CoreSettings:
    """Times in seconds, counted from the loss of the desktop."""

    not_ready_after_s: float = 30.0
    logout_after_s: float = 300.0
    debug: bool = False
    """Messages carry their context and failures a stack trace."""
