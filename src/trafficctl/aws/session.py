"""Sessions and clients for AWS, or for the local city in its place.

Endpoint, credentials and Region come from the usual settings (AWS_ENDPOINT_URL,
AWS_PROFILE, AWS_REGION ...), so every command works on both.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from trafficctl.errors import USE_LOCAL_CITY, CityError

ZONE_PARAMETER = "ReportTimeZone"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 60
MAX_ATTEMPTS = 3
POOL_CONNECTIONS = 32


def session() -> Any:
    """A boto3 session from the usual AWS settings.

    It reads AWS_REGION too; boto3 reads only AWS_DEFAULT_REGION.
    """
    return boto3.session.Session(region_name=os.environ.get("AWS_REGION") or None)


def client(
    session: Any,
    service: str,
    read_timeout_s: float = READ_TIMEOUT_S,
    attempts: int = MAX_ATTEMPTS,
) -> Any:
    """A client of `service` that retries throttled calls and times out."""
    return session.client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "max_attempts": attempts},
            max_pool_connections=POOL_CONNECTIONS,
        ),
    )


def stack_outputs(session: Any, stack: str) -> Outputs:
    """The outputs of the deployed `stack`, by key.

    Raises CityError with the next step if there is no such stack.
    """
    try:
        answer = client(session, "cloudformation").describe_stacks(StackName=stack)
    except ClientError as exc:
        if _says_no_such_stack(exc):
            raise CityError(_not_deployed(session, stack)) from exc
        raise
    return outputs_of(answer["Stacks"][0])


class Outputs(dict[str, str]):
    """A stack's outputs, by key; a missing one raises CityError.

    A stack has none before its first deployment is complete, and an older one has
    fewer. `zone` names the time zone of the city.
    """

    def __init__(self, stack: dict[str, Any]) -> None:
        items = stack.get("Outputs", [])
        super().__init__({o["OutputKey"]: o["OutputValue"] for o in items})
        self._stack = f"{stack.get('StackName')} ({stack.get('StackStatus')})"
        given = {
            one["ParameterKey"]: one["ParameterValue"]
            for one in stack.get("Parameters", [])
        }
        self.zone = given.get(ZONE_PARAMETER, "UTC")

    def __missing__(self, key: str) -> str:
        raise CityError(
            f"stack {self._stack} has no output {key} - the deployment is "
            "incomplete or of an older version: run `trafficctl deploy`"
        )


def outputs_of(stack: dict[str, Any]) -> Outputs:
    """The outputs in one element of DescribeStacks, by key."""
    return Outputs(stack)


def _says_no_such_stack(exc: Any) -> bool:
    error = exc.response.get("Error", {})
    return error.get("Code") == "ValidationError" and "not exist" in error.get(
        "Message", ""
    )


def _not_deployed(session: Any, stack: str) -> str:
    return (
        f"stack {stack!r} not found in {session.region_name or 'this Region'} - "
        f"`trafficctl up` deploys it on this machine and {USE_LOCAL_CITY}; "
        "use --stack or TRAFFIC_STACK for another name"
    )


def is_loopback(endpoint: str) -> bool:
    """Whether an endpoint is on this machine: a local city, not AWS."""
    return urlsplit(endpoint).hostname in LOOPBACK
