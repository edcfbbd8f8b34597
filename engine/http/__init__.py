"""The HTTP side: one server, one application, one form of error reply."""
