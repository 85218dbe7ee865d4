"""The files of docs/deploy: what they start is what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_house import real_commands

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "xxgk"}
UNITS = {
    "worker": (DEPLOY / "xxgk-worker.service").read_text(encoding="utf-8"),
    "schedule": (ROOT / "docs" / "schedule.md").read_text(encoding="utf-8"),
}


def check(words: list[str]) -> None:
    """Whether a command and its options are real."""
    commands = real_commands()
    name, *rest = words
    assert name in commands
    assert {word for word in rest if word.startswith("--")} <= set(commands[name])


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_real_command_with_the_settings_of_all(name: str) -> None:
    service = OURS[name]
    check(service["command"])
    assert {"XXGK_DATABASE", "XXGK_STORAGE", "XXGK_CONTACT"} <= set(service["environment"])
    assert any(volume.endswith(":/var/lib/xxgk") for volume in service["volumes"])  # a folder of its own
    assert service["build"]["dockerfile"] == (DEPLOY / "Dockerfile").relative_to(ROOT).as_posix()


def test_every_volume_and_secret_that_a_service_uses_is_declared() -> None:
    for service in COMPOSE["services"].values():
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert named <= set(COMPOSE["volumes"])
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_a_real_command(name: str) -> None:
    found = [line for line in re.findall(r"ExecStart=\S+/xxgk (.*)", UNITS[name]) if line.startswith(name)]
    assert found
    for line in found:
        check(shlex.split(line))


def test_the_image_keeps_its_archive_where_the_services_mount_it() -> None:
    made = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "XXGK_ARCHIVE=/var/lib/xxgk/archive" in made
    assert "make install" in made  # all that is locked
