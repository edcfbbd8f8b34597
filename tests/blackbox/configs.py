"""Configurations as an operator would write them."""

from typing import Final

PLATFORM: Final = """
[[simulator.groups]]
name = "Default"

[[simulator.groups]]
name = "Sales"
email = false
"""


AGENT: Final = """
[[agents]]
id = "agent{number}"
password = "demo"

[[simulator.agents]]
id = "agent{number}"
extension = "{extension}"
"""


def config(text: str = "", *, agents: int = 3) -> str:
    """`text`, with agents of the demo's names, numbers and password who may join two groups."""
    tables = (AGENT.format(number=number, extension=4000 + number) for number in range(1, agents + 1))
    return "".join((text, PLATFORM, *tables))
