"""A server that takes what it has written as received: whoever resumes gets only what is new."""

from engine.sessions.binding import Binding
from tests.faults import serve


def only_what_is_new(self: Binding, _: int) -> None:
    self.go_live()


if __name__ == "__main__":
    Binding.resume_after = only_what_is_new  # type: ignore[method-assign] # that is the defect
    serve.main()
