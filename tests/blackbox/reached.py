"""What can be asked of a running server, whoever has started it."""

from pathlib import Path
from typing import Any, Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from engine.bench import meter

WAIT_S: Final = 10.0


class Reached:
    """A server by its addresses and its process."""

    agent_url: str
    http_url: str

    @property
    def pid(self) -> int:
        raise NotImplementedError

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self.http_url + path, trust_env=False, timeout=WAIT_S)

    def post(self, path: str, body: object, **headers: str) -> Any:
        """What comes back as JSON. Raises AssertionError when it is refused."""
        answer = httpx2.post(self.http_url + path, json=body, headers=headers, trust_env=False, timeout=WAIT_S)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all series that have these labels."""
        families = text_string_to_metric_families(self.get("/metrics").text)
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def descriptors(self) -> int:
        """How many files and sockets the process has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def memory_bytes(self) -> int:
        """What the process holds in memory now, together with the one that writes its journal."""
        return sum(map(meter.memory_bytes, (self.pid, *meter.children(self.pid))))
