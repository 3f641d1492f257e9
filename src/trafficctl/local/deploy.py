"""From template and code to a deployed stack, by the CloudFormation API."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from trafficctl.errors import CityError, UserError
from trafficctl.local.process import City

CODE_PATH = "build/traffic.zip"
CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
POLL_S = 0.3
DEPLOY_TIMEOUT_S = 300.0
# What a laptop wants otherwise than a city, where the template has such a parameter.
LOCAL_PARAMETERS = {"KinesisShardCount": "2"}

Say = Callable[[str], None]


def deploy(
    city: City,
    template: Path,
    parameters: Mapping[str, str],
    say: Say,
    code: Path | None = None,
) -> dict[str, str]:
    """Deploy or update the city's stack; its outputs by key.

    `code` is a ready package; None builds one of this interpreter's kind. UserError
    for an unknown parameter, CityError with the first cause if the deployment fails.
    """
    text = _read(template)
    bucket = _bucket(city)
    package = code if code is not None else _package(city)
    key = _upload(city, bucket, package.read_bytes(), "traffic", ".zip")
    body = with_code(text, bucket, key)
    url = _template_url(city, bucket, body)
    chosen = _parameters(city, url, parameters)
    say(f"deploying {template.name} as stack {city.stack}")
    begun = _begin(city, url, chosen)
    if begun:
        _follow(city, begun, say)
    return _outputs(city)


def with_code(template: str, bucket: str, key: str) -> str:
    """The template with each `Code: build/traffic.zip` naming the uploaded object.

    `aws cloudformation package` reads the YAML and writes it anew. One line is
    replaced here instead: the text that is deployed is the text that was reviewed,
    and no loader has to know the intrinsic functions. UserError if it has no such
    line.
    """
    line = re.compile(rf"^(\s*)Code:[ \t]*[\"']?{re.escape(CODE_PATH)}[\"']?", re.M)
    made, count = line.subn(rf"\1Code: {{S3Bucket: {bucket}, S3Key: {key}}}", template)
    if count == 0:
        raise UserError(f"the template has no line `Code: {CODE_PATH}` - add it")
    return made


def client(city: City, service: str) -> Any:
    """A client of the city's `service`."""
    return city.session().client(
        service,
        config=Config(s3={"addressing_style": "path"}, read_timeout=120),
    )


def _read(template: Path) -> str:
    try:
        return template.read_text()
    except FileNotFoundError as exc:
        message = f"no template {template} - name it with --template FILE"
        raise UserError(message) from exc


def _package(city: City) -> Path:
    from trafficctl.package import HOST, build_zip  # noqa: PLC0415 - only to deploy

    return build_zip(Path(city.log).parent / "tmp" / "traffic.zip", arch=HOST)


def _bucket(city: City) -> str:
    name = f"{city.stack.lower()}-artifacts"
    s3 = client(city, "s3")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError:
        s3.create_bucket(Bucket=name)
    return name


def _upload(city: City, bucket: str, data: bytes, name: str, suffix: str) -> str:
    """Upload under a name that changes with the content, so that updates are seen."""
    key = f"{name}-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
    client(city, "s3").put_object(Bucket=bucket, Key=key, Body=data)
    return key


def _template_url(city: City, bucket: str, body: str) -> str:
    key = _upload(city, bucket, body.encode(), "template", ".yaml")
    return f"{city.endpoint}/{bucket}/{key}"


def _parameters(city: City, url: str, given: Mapping[str, str]) -> list[dict[str, str]]:
    summary = client(city, "cloudformation").get_template_summary(TemplateURL=url)
    known = {p["ParameterKey"] for p in summary["Parameters"]}
    unknown = sorted(set(given) - known)
    if unknown:
        names = ", ".join(sorted(known))
        raise UserError(f"the template has no parameter {unknown[0]}: it has {names}")
    local = {k: v for k, v in LOCAL_PARAMETERS.items() if k in known}
    return [
        {"ParameterKey": key, "ParameterValue": value}
        for key, value in {**local, **given}.items()
    ]


def _begin(city: City, url: str, parameters: list[dict[str, str]]) -> str | None:
    """Start creating or updating; the operation's stack id, None if all is as it is."""
    cloudformation = client(city, "cloudformation")
    asked = {
        "StackName": city.stack,
        "TemplateURL": url,
        "Parameters": parameters,
        "Capabilities": CAPABILITIES,
    }
    status = _status(city)
    if status in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"):
        cloudformation.delete_stack(StackName=city.stack)
        _settle(city)
        status = None
    if status in (None, "DELETE_COMPLETE"):
        return str(cloudformation.create_stack(**asked)["StackId"])
    try:
        return str(cloudformation.update_stack(**asked)["StackId"])
    except ClientError as exc:
        if "No updates are to be performed" in str(exc):
            return None
        raise


def _follow(city: City, stack_id: str, say: Say) -> None:
    status = _settle(city)
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return
    causes = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in _events(city, stack_id)
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    for cause in causes[1:]:
        say(f"also: {cause}")
    first = causes[0] if causes else "no cause given"
    raise CityError(f"stack {city.stack} is {status}: {first}")


def _settle(city: City) -> str | None:
    """Wait until no operation is under way; the status, None if the stack is gone."""
    deadline = time.monotonic() + DEPLOY_TIMEOUT_S
    while time.monotonic() < deadline:
        status = _status(city)
        if status is None or not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(POLL_S)
    message = f"stack {city.stack} is not deployed after {DEPLOY_TIMEOUT_S:.0f} s"
    raise CityError(message)


def _status(city: City) -> str | None:
    stack = _stack(city)
    return None if stack is None else str(stack["StackStatus"])


def _outputs(city: City) -> dict[str, str]:
    outputs = (_stack(city) or {}).get("Outputs", [])
    return {o["OutputKey"]: o["OutputValue"] for o in outputs}


def _stack(city: City) -> Any:
    try:
        found = client(city, "cloudformation").describe_stacks(StackName=city.stack)
    except ClientError as exc:
        if "does not exist" in str(exc):
            return None
        raise
    return found["Stacks"][0]


def _events(city: City, stack_id: str) -> list[dict[str, Any]]:
    """The stack's events, oldest first."""
    cloudformation = client(city, "cloudformation")
    pages = cloudformation.get_paginator("describe_stack_events")
    found = [page["StackEvents"] for page in pages.paginate(StackName=stack_id)]
    return [event for events in reversed(found) for event in reversed(events)]
