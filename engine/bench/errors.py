"""Why something could not be measured."""


class BenchFailed(Exception):
    """The message says what to do."""


class LoadFailed(BenchFailed):
    """A client could not go on."""


class NoServer(BenchFailed):
    """A server of our own did not come up."""


class NoRoom(BenchFailed):
    """The system lets no process open so many files."""


class NoPicture(BenchFailed):
    """It could not be drawn, or not where it is wanted."""
