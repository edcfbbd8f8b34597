"""A server whose core carries out any command in any state, as long as its target is there."""

import attrs

from engine.cli import main
from statemachines import judge

judge.BY_NAME = {name: attrs.evolve(row, opens=lambda _: True) for name, row in judge.BY_NAME.items()}

if __name__ == "__main__":
    main()
