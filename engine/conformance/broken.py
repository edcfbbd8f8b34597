"""A broken promise: which rule, and what was seen."""


class Broken(Exception):
    """A message that the server must not have sent, or not here. `rule` is the id of the rule that forbids it.

    `about` is the target of the object in question, where it is another one than that of the message.
    """

    def __init__(self, rule: str, text: str, about: str | None = None) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule, self.text, self.about = rule, text, about


def demand(fine: object, rule: str, complaint: str) -> None:
    """Raises Broken where it is not fine."""
    if not fine:
        raise Broken(rule, complaint)
