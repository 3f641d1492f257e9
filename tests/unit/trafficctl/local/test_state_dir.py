"""What belongs to a local city lies apart from what belongs to a stack on AWS."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trafficctl.local.process import City, start_time
from trafficctl.local.state_dir import home, state_path

ENDPOINT = "http://127.0.0.1:4566"
AWS = "https://iot.eu-west-1.amazonaws.com"


def client(endpoint: str) -> Any:
    return SimpleNamespace(meta=SimpleNamespace(endpoint_url=endpoint))


def runs(base: Path) -> None:
    """Have a record of a city, with this process for its own."""
    pid = os.getpid()
    started = start_time(pid) or ""
    city = City(base.name, ENDPOINT, "host", 1, "ca", "region", pid, started, "log")
    (base / "city.json").write_text(json.dumps(city.__dict__))


def test_a_stack_on_aws_keeps_its_keys_beside_a_local_city_of_its_name(
    tmp_path: Path,
) -> None:
    runs(tmp_path)

    assert state_path(tmp_path, client(AWS)) == tmp_path
    assert state_path(tmp_path, client(ENDPOINT)) == tmp_path / "local"


def test_where_no_local_city_runs_nothing_is_local(tmp_path: Path) -> None:
    assert state_path(tmp_path, client(ENDPOINT)) == tmp_path


def test_the_state_lies_in_the_nearest_folder_from_here_upwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".traffic").mkdir()
    (tmp_path / "docs" / "images").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "docs" / "images")

    assert home("city", {}) == tmp_path / ".traffic" / "city"
    assert home("city", {"TRAFFIC_HOME": "here"}) == Path.cwd() / "here" / "city"


def test_where_there_is_no_state_it_begins_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".traffic").write_text("a file in the way")
    monkeypatch.chdir(tmp_path / "a")

    assert home("city", {}) == tmp_path / "a" / ".traffic" / "city"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".traffic").mkdir()
    os.chown(tmp_path / ".traffic", 65534, 65534)
    monkeypatch.chdir(tmp_path / "a")

    assert home("city", {}) == tmp_path / "a" / ".traffic" / "city"
