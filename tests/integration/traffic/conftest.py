"""A DynamoDB that is not ours: MiniStack's, in a process of this test run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

HOST = "127.0.0.1"
PATIENCE_S = 60.0


@pytest.fixture(scope="session")
def ministack_dynamodb(
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
) -> Iterator[Any]:
    """A client of an empty DynamoDB."""
    port, home = free_port(), tmp_path_factory.mktemp("ministack")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=_environment(port, home),
            cwd=home,
            stdout=log,
            stderr=log,
        )
    try:
        client = _client(port)
        _wait_for(client, home / "log")
        yield client
    finally:
        process.terminate()
        process.wait(timeout=20)


def _environment(port: int, home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "SERVICES": "dynamodb",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(home),
        # Nothing here runs in containers, and MiniStack sweeps those of others away.
        "DOCKER_HOST": f"unix://{home / 'no-docker.sock'}",
    }


def _client(port: int) -> Any:
    return boto3.session.Session().client(
        "dynamodb",
        endpoint_url=f"http://{HOST}:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def _wait_for(client: Any, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            client.list_tables()
        except BotoCoreError:
            if time.monotonic() > deadline:
                pytest.fail(f"MiniStack does not answer:\n{log.read_text()}")
            time.sleep(0.1)
        else:
            return
