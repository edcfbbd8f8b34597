"""A server that, after a restart, does not know which requests were answered or are under way."""

from collections.abc import Mapping
from typing import Any

from engine.sessions import ledger
from statemachines.core import SessionCore
from tests.faults import serve

restored = SessionCore.restored


def forgetful(plain: dict[str, Any], _: Mapping[str, int]) -> SessionCore:
    return restored(plain, {})


if __name__ == "__main__":
    ledger.PICTURE_EVERY = 1
    SessionCore.restored = forgetful  # type: ignore[method-assign] # that is the defect
    serve.main()
