"""A broken promise: which rule, and what was seen."""

from engine.conformance.veil import veiled_text


class Broken(Exception):
    """A message that the server must not have sent, or not here. `rule` is the id of the rule that forbids it.

    `about` is the target of the object in question, where it is another one than that of the message. `text` may quote
    whatever came: secrets are taken out.
    """

    def __init__(self, rule: str, text: str, about: str | None = None) -> None:
        self.rule, self.text, self.about = rule, veiled_text(text), about
        super().__init__(f"{rule}: {self.text}")


def demand(fine: object, rule: str, complaint: str) -> None:
    """Raises Broken where it is not fine."""
    if not fine:
        raise Broken(rule, complaint)
