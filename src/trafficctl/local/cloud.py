"""Which cloud a command means: the local city of the stack's name, or AWS."""

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
    """A session with the local city of that name, unless this shell speaks to AWS.

    A shell that speaks to nothing, or to another local city, needs no `trafficctl env`.
    """
    city = running(home(stack, environ))
    return aws.session() if city is None or chooses_aws(environ) else city.session()


def chooses_aws(environ: Mapping[str, str]) -> bool:
    """Whether the settings of a shell lead to AWS rather than to a local city."""
    endpoint = environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        return not is_loopback(endpoint)
    return any(environ.get(name) for name in CHOOSE_AWS)
