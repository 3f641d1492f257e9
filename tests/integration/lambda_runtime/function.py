"""A handler of the package, run by a Lambda Python through AWS's runtime client."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .pythons import equipped
from .runtime_api import RuntimeApi


@contextmanager
def running(
    runtime: str,
    task_root: Path,
    handler: str,
    api: RuntimeApi,
    settings: Mapping[str, str],
    log: Path,
    python: Path | None = None,
) -> Iterator[None]:
    """Run *handler* of the package in *task_root*; what it prints goes to *log*.

    *settings* are what the template sets, and where AWS is; *python* has AWS's runtime
    client, else one is made.
    """
    command = [str(python or equipped(runtime)), "-m", "awslambdaric", handler]
    environment = {**_what_lambda_sets(runtime, api), **settings}
    with log.open("w") as out:
        function = subprocess.Popen(
            command,
            cwd=task_root,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            function.kill()
            function.wait()


def _what_lambda_sets(runtime: str, api: RuntimeApi) -> dict[str, str]:
    return {
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": "city-traffic-function",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
        "TZ": ":UTC",
    }
