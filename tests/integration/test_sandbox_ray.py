"""The isolation room inside a Ray actor: its own fork server, its own threads, nothing left when the actor ends."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.ray
ROOM = str(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    import ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": ROOM}})
    yield ray
    ray.shutdown()


def test_an_actor_runs_programs_and_leaves_nothing(ray: Any) -> None:
    @ray.remote(num_cpus=0.5, max_concurrency=4)
    class Actor:
        def __init__(self) -> None:
            from verifiers.sandbox import Sandbox

            self.sandbox = Sandbox()

        def run(self, number: int) -> str:
            from verifiers.sandbox import Limits

            return self.sandbox.run(f"print({number} ** 2)", Limits(timeout_s=30)).stdout

        def server(self) -> int:
            return self.sandbox._servers[False].pid

    actor = Actor.remote()
    assert ray.get([actor.run.remote(number) for number in range(8)]) == [f"{number**2}\n" for number in range(8)]
    server = ray.get(actor.server.remote())
    os.kill(server, 0)
    ray.kill(actor)
    deadline = time.monotonic() + 60
    while Path(f"/proc/{server}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{server}").exists()
