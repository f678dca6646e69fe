"""The container file, the compose file, the unit, the manifests and the App hold what they promise."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from state.model import Arch
from watcher.config import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
FARM = DEPLOY / "kubernetes-farm"
ROLES = ("poll", "web", "publish")


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the Kubernetes manifests, with the file that it is in."""
    for folder in (KUBERNETES, FARM):
        for name in yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]:
            if name != "../kubernetes":
                yield from ((name, document) for document in yaml.safe_load_all((folder / name).read_text()))


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pods that they make, by name."""
    for _, document in manifests():
        if document["kind"] == "Deployment":
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def test_the_container_file_passes_hadolint() -> None:
    """The linter of Dockerfiles finds nothing but what the file itself excuses."""
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_container_is_nobody_and_asks_how_it_is() -> None:
    """The last stage runs as a user without rights, has a health check, and no compiler and no pip."""
    last = (DEPLOY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9][0-9]+$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "pip" not in last.partition("ENTRYPOINT")[0].replace("COPY --from", "")


def test_the_lock_of_the_image_is_part_of_the_lock() -> None:
    """What runs in the container is what the tests ran with: the same versions, by digest, no index named."""

    def pinned(file: Path) -> set[str]:
        return set(re.findall(r"^([a-z0-9._-]+==[^ ;\\]+)", file.read_text(), re.MULTILINE))

    image = pinned(DEPLOY / "requirements.lock")
    assert image <= pinned(ROOT / "requirements.lock")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {line.partition("==")[0] for line in image}
    extras = [need for needs in wanted["optional-dependencies"].values() for need in needs]
    for need in [*wanted["dependencies"], *extras, "hatchling"]:
        assert re.split(r"[\[<>=,; ]", need)[0].lower() in names, need
    assert not {"pytest", "playwright", "mypy", "mkdocs"} & names


@pytest.mark.parametrize("name", ["compose/watcher.toml", "kubernetes/watcher.toml"])
def test_the_settings_that_are_shipped_are_settings(name: str) -> None:
    """A file that says something unknown would end the container at once."""
    document = tomllib.loads((DEPLOY / name).read_text())
    settings = Settings(**document)
    assert (settings.log.format, settings.publish.mode, settings.builds.engine) == ("json", "publish", "buildx")
    assert settings.registry.url.startswith("http://127.0.0.1") or settings.registry.user


def test_every_service_of_the_compose_file_is_confined() -> None:
    """No privileges to gain, the database reachable by nobody outside, ports on loopback only, no secret in the file."""
    text = (DEPLOY / "compose" / "compose.yaml").read_text()
    found = yaml.safe_load(text)
    for name, service in found["services"].items():
        # BuildKit without root makes namespaces of its own.
        assert ("no-new-privileges:true" in service["security_opt"]) != (name == "buildkit"), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    assert found["services"]["watcher"]["read_only"]
    assert found["services"]["watcher"]["cap_drop"] == ["ALL"]
    assert found["services"]["database"]["networks"] == ["inside"]
    assert found["networks"]["inside"]["internal"]
    assert "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?" in text


def test_compose_is_begun_as_its_own_head_says() -> None:
    """The images repository that its settings name is made before it is up: by the command that deploy.md has, too."""
    head = (DEPLOY / "compose" / "compose.yaml").read_text().partition("\nname:")[0]
    remote = tomllib.loads((DEPLOY / "compose" / "watcher.toml").read_text())["images"]["remote"]
    made = f"docker compose run --rm --no-deps watcher init {Path(remote).parent}"
    assert -1 < head.find("docker compose build") < head.find(made) < head.find("docker compose up")
    assert made in (DEPLOY / "docs" / "how-to" / "deploy.md").read_text()


def test_the_unit_is_one_that_systemd_takes_and_calls_safe() -> None:
    """``systemd-analyze`` finds no wrong line, and an exposure below 2 of 10."""
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is needed: Debian's package systemd"
    unit = str(DEPLOY / "systemd" / "watcher.service")
    said = subprocess.run([program, "verify", unit], capture_output=True, text=True, check=False).stderr
    # That nothing is installed here yet is no fault of the unit.
    assert [line for line in said.splitlines() if "is not executable" not in line and "man watcher" not in line] == []
    command = [program, "security", "--offline=true", "--threshold=20", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_commands_find_the_memory_of_the_unit() -> None:
    """The settings that deploy.md describes for systemd name the folder that the unit has as its state."""
    told = (DEPLOY / "docs" / "how-to" / "deploy.md").read_text()
    found = re.search(r"## systemd.*?```toml\n(.*?)```.*?\n## ", told, re.DOTALL)
    assert found
    settings = Settings(**tomllib.loads(found[1]))
    unit = (DEPLOY / "systemd" / "watcher.service").read_text()
    assert f"Environment=WATCHER_STATE__FOLDER={settings.state.folder}\n" in unit
    assert f"StateDirectory={settings.state.folder.name}\n" in unit


def test_every_pod_of_ours_is_confined_and_can_be_asked() -> None:
    """Not root, nothing writable but its volumes, no token of the cluster, and a limit of memory; BuildKit apart."""
    assert {name for name, _ in pods()} == {*ROLES, "buildkit", "scheduler", "worker-amd64", "worker-arm64"}
    for name, pod in pods():
        assert pod["automountServiceAccountToken"] is False
        ours = [
            c
            for c in [*pod["containers"], *pod.get("initContainers", [])]
            if c["image"].startswith("base-image-watcher")
        ]
        assert ours or name == "buildkit"
        for container in ours:
            confined = pod.get("securityContext", {}) | container["securityContext"]
            assert confined["runAsNonRoot"], name
            assert confined["readOnlyRootFilesystem"], name
            assert confined["capabilities"] == {"drop": ["ALL"]}, name
        if ours:
            assert pod["containers"][0]["resources"]["limits"]["memory"], name
    for role in ROLES:
        assert dict(pods())[role]["containers"][0]["args"] == ["run", "--role", role]
    web = dict(pods())["web"]["containers"][0]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= web.keys()
    for role in ("poll", "publish"):  # nobody is sent to them, so that nobody has to know whether they are ready
        container = dict(pods())[role]["containers"][0]
        (port,) = (each["containerPort"] for each in container["ports"])
        assert {"name": "WATCHER_DAEMON__HEALTH_LISTEN", "value": f"0.0.0.0:{port}"} in container["env"]
        assert {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe")} == {"health"}


def test_the_namespace_admits_its_pods() -> None:
    """Where a profile of a pod is Unconfined, its namespace enforces neither level that forbids that; none is the default."""
    levels = {
        document["metadata"]["name"]: document["metadata"]["labels"].get("pod-security.kubernetes.io/enforce", "")
        for _, document in manifests()
        if document["kind"] == "Namespace"
    }
    unconfined = {
        document["metadata"]["name"]: document["metadata"].get("namespace", "watcher")
        for _, document in manifests()
        if document["kind"] == "Deployment" and "'Unconfined'" in repr(document["spec"]["template"]["spec"])
    }
    assert unconfined.keys() == {"buildkit", "worker-amd64", "worker-arm64"}
    for folder in (KUBERNETES, FARM):
        assert yaml.safe_load((folder / "kustomization.yaml").read_text())["namespace"] == "watcher"
    for name, namespace in unconfined.items():
        assert levels[namespace] in ("", "privileged"), name


def test_who_runs_docker_has_it() -> None:
    """Buildx is in the image of publish alone; so whoever sets it up, or is told where its builders are, is that image."""
    found = {
        name: {each["image"] for each in containers if "BUILDX_CONFIG" in {v["name"] for v in each.get("env", [])}}
        for name, pod in pods()
        for containers in [[*pod["containers"], *pod.get("initContainers", [])]]
    }
    for name in ("publish", "worker-amd64", "worker-arm64"):
        assert found.pop(name) == {"base-image-watcher-publish"}, name
    assert not any(found.values())


def test_prometheus_finds_every_role_and_may_ask_it() -> None:
    """The annotations name the port that the container listens on, and a policy lets that through."""
    policies = [document["spec"] for _, document in manifests() if document["kind"] == "NetworkPolicy"]
    opened = {
        port["port"] for policy in policies for rule in policy.get("ingress", []) for port in rule.get("ports", [])
    }
    deployments = [document for _, document in manifests() if document["kind"] == "Deployment"]
    for template in (each["spec"]["template"] for each in deployments if each["metadata"]["name"] in ROLES):
        notes = template["metadata"]["annotations"]
        port = template["spec"]["containers"][0]["ports"][0]["containerPort"]
        assert notes == {"prometheus.io/scrape": "true", "prometheus.io/port": str(port)}
        assert port in opened


def test_the_workers_build_what_the_family_has() -> None:
    """Every platform has a worker, and no worker has one that there is not; they may write to staging only."""
    workers = [pod["containers"][0] for name, pod in pods() if name.startswith("worker-")]
    platforms = [word for worker in workers for word in worker["args"] if "/" in word]
    assert sorted(platforms) == sorted(arch.oci for arch in Arch)
    for worker in workers:
        secrets = {v["valueFrom"]["secretKeyRef"]["name"] for v in worker["env"] if "valueFrom" in v}
        assert secrets == {"watcher-staging"}


def test_each_role_has_its_own_secrets_only() -> None:
    """Who serves pages cannot tag and cannot write to the forge; who polls cannot tag."""
    roles = [(name, pod) for name, pod in pods() if name in ROLES]
    secrets = {
        name: {
            variable["valueFrom"]["secretKeyRef"]["name"]
            for variable in pod["containers"][0].get("env", [])
            if "valueFrom" in variable
        }
        for name, pod in roles
    }
    assert secrets["web"] == {"watcher-database", "watcher-forge-reading", "watcher-web"}
    assert secrets["poll"] == {"watcher-database", "watcher-forge"}
    assert secrets["publish"] == {"watcher-database", "watcher-forge-reading", "watcher-registry", "watcher-signing"}


def test_what_the_manifests_set_are_settings() -> None:
    """A variable that is misspelt would silently change nothing."""
    for name, pod in pods():
        for variable in pod["containers"][0].get("env", []):
            table, _, key = variable["name"].removeprefix("WATCHER_").lower().partition("__")
            if variable["name"].startswith("WATCHER_"):
                field = Settings.model_fields[table].annotation
                assert field
                assert key in field.model_fields, (name, variable["name"])


def test_every_manifest_is_named_and_whole() -> None:
    """Each file beside the kustomization is in it, each object has a name, each service finds pods."""
    for folder in (KUBERNETES, FARM):
        found = yaml.safe_load((folder / "kustomization.yaml").read_text())
        listed = {*found["resources"], *(patch["path"] for patch in found.get("patches", []))} - {"../kubernetes"}
        assert listed == {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    labels = [pod["spec"]["template"]["metadata"]["labels"] for _, pod in manifests() if pod["kind"] == "Deployment"]
    for _, document in manifests():
        assert document["apiVersion"]
        assert document["metadata"]["name"]
        if document["kind"] == "Service":
            assert any(document["spec"]["selector"].items() <= each.items() for each in labels)


def test_the_app_asks_for_no_more_than_the_adapter_uses() -> None:
    """The rights that deploy/docs/github.md names, and the events that the webhook understands."""
    found = json.loads((DEPLOY / "github-app" / "manifest.json").read_text())
    rights = found["default_permissions"]
    assert {name for name, level in rights.items() if level == "write"} == {"contents", "pull_requests", "issues"}
    assert "administration" not in rights
    assert set(found["default_events"]) == {"pull_request", "push", "issues", "issue_comment", "check_suite"}
