"""Selects the cloud of a command: the local city of the stack's name, or AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from trafficctl.aws import session as aws
from trafficctl.aws.session import is_loopback
from trafficctl.local.process import running
from trafficctl.local.state_dir import home

CHOOSE_AWS = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION")


def session_for(stack: str, environ: Mapping[str, str] = os.environ) -> Any:
    """A session for the local city of that name, unless this shell points at AWS.

    No `trafficctl env` is needed, even if the shell points at another local city.
    """
    city = running(home(stack, environ))
    return aws.session() if city is None or chooses_aws(environ) else city.session()


def chooses_aws(environ: Mapping[str, str]) -> bool:
    """Whether the environment points at AWS rather than at a local city."""
    endpoint = environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        return not is_loopback(endpoint)
    return any(environ.get(name) for name in CHOOSE_AWS)
