"""What belongs to a local city lies apart from what belongs to a stack on AWS."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from trafficctl.home import belongings
from trafficctl.local.process import City, start_time

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

    assert belongings(tmp_path, client(AWS)) == tmp_path
    assert belongings(tmp_path, client(ENDPOINT)) == tmp_path / "local"


def test_where_no_local_city_runs_nothing_is_local(tmp_path: Path) -> None:
    assert belongings(tmp_path, client(ENDPOINT)) == tmp_path
