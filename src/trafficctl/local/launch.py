"""Launches the emulator's process: command, environment and pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from trafficctl.local import lifeline
from trafficctl.local.keys import Keys
from trafficctl.local.ports import HOST

REGION = "us-east-1"
ACCOUNT = "000000000000"


def launch(
    home: Path, gateway_port: int, mqtt_port: int, keys: Keys
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the emulator; returns its process and our end of the pipe to it.

    Its keys, CA, log and temporary files are in *home*; *keys* open it.
    """
    environment = _emulator_environment(home, gateway_port, mqtt_port, keys)
    with (home / "emulator.log").open("wb") as log, lifeline.pipe() as (theirs, ours):
        process = subprocess.Popen(
            [sys.executable, "-m", "localcity.emulator"],
            env=environment | {lifeline.VARIABLE: str(theirs)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home / "tmp",
            start_new_session=True,
            pass_fds=(theirs,),
        )
    return process, ours


def _emulator_environment(
    home: Path, gateway_port: int, mqtt_port: int, keys: Keys
) -> dict[str, str]:
    """The emulator's environment: settings of this shell must not leak into Lambda."""
    inherited = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
    return inherited | {
        "AUTH": "true",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(gateway_port),
        "IOT_MTLS_PORT": str(mqtt_port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(home / "tmp"),
        # No Docker: MiniStack removes containers that it did not start.
        "DOCKER_HOST": f"unix://{home / 'no-docker.sock'}",
        "CITY_CA_FILE": str(home / "ca.pem"),
        "PYTHONUNBUFFERED": "1",
    }
