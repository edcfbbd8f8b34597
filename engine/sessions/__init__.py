"""Sessions: the registry prepares and binds them, an actor runs each, one task and one core a session."""
