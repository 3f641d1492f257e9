"""What the AWS CLI would say of a command, by botocore's models."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import botocore.session
from botocore import xform_name

_SESSION = botocore.session.get_session()
_ANYWHERE = {
    "--cli-input-json",
    "--endpoint-url",
    "--max-items",
    "--no-cli-pager",
    "--no-paginate",
    "--output",
    "--page-size",
    "--profile",
    "--query",
    "--region",
}
# Commands that the CLI adds to the services' own, in version 1 as in 2.
_ADDED: dict[tuple[str, str], set[str]] = {
    ("s3", "ls"): {"--recursive", "--summarize", "--human-readable"},
    ("s3", "cp"): {"--recursive", "--exclude", "--include"},
    ("s3", "sync"): {"--exclude", "--include", "--delete"},
    ("s3", "rm"): {"--recursive", "--exclude", "--include"},
    ("s3", "mb"): set(),
    ("s3", "rb"): {"--force"},
    ("cloudformation", "package"): {
        "--template-file",
        "--s3-bucket",
        "--s3-prefix",
        "--output-template-file",
        "--kms-key-id",
    },
    ("cloudformation", "deploy"): {
        "--template-file",
        "--stack-name",
        "--s3-bucket",
        "--s3-prefix",
        "--parameter-overrides",
        "--capabilities",
        "--no-execute-changeset",
        "--no-fail-on-empty-changeset",
        "--role-arn",
        "--tags",
    },
}


def fault(words: Sequence[str], *, whole: bool = True) -> str:
    """Say what is wrong with `aws WORDS...`, "" if nothing is.

    The service alone, and service and operation without any option, are mentions;
    so is every command that is not *whole*, and need not have all it takes.
    """
    if len(words) < 1 or words[0] == "configure":
        return ""
    service, *rest = words
    if (
        service not in ("s3", "s3api")
        and service not in _SESSION.get_available_services()
    ):
        return f"no service {service}"
    if not rest:
        return ""
    if rest[0] == "wait":
        return _waits(service, rest[1:], whole)
    return _options_fault(service, rest[0], rest[1:], whole)


def _waits(service: str, rest: Sequence[str], whole: bool) -> str:
    waiters = _SESSION.get_waiter_model(service)
    named = {xform_name(one, "-"): one for one in waiters.waiter_names}
    if not rest or rest[0] not in named:
        return f"{service} waits for none of {rest[:1]}"
    operation = waiters.get_waiter(named[rest[0]]).operation
    return _options_fault(service, xform_name(operation, "-"), rest[1:], whole)


def _options_fault(
    service: str, operation: str, rest: Sequence[str], whole: bool
) -> str:
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    added = _ADDED.get((service, operation))
    if added is not None:
        return _told("no option", given - added - _ANYWHERE)
    shape = _operations(service).get(operation)
    if shape is None:
        return f"{service} has no operation {operation}"
    known, required = shape
    complete = whole and rest and "--cli-input-json" not in given
    missing = required - given if complete else set()
    return _told("no option", given - known - _ANYWHERE) or _told("missing", missing)


def _told(what: str, options: set[str]) -> str:
    return f"{what} {', '.join(sorted(options))}" if options else ""


@functools.cache
def _operations(service: str) -> dict[str, tuple[set[str], set[str]]]:
    """Return the options of each operation, and those it cannot do without."""
    if service == "s3":
        return {}
    model = _SESSION.get_service_model("s3" if service == "s3api" else service)
    return {
        xform_name(name, "-"): _options(model.operation_model(name).input_shape)
        for name in model.operation_names
    }


def _options(shape: Any) -> tuple[set[str], set[str]]:
    members = {} if shape is None else shape.members
    known = {f"--{xform_name(one, '-')}" for one in members}
    flags = {
        f"--no-{xform_name(one, '-')}"
        for one, member in members.items()
        if member.type_name == "boolean"
    }
    required = [] if shape is None else shape.required_members
    return known | flags, {f"--{xform_name(one, '-')}" for one in required}
