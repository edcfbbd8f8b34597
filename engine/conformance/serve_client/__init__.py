"""A server for a desktop under test: a real one, behind a relay that makes it legal but unusual."""
