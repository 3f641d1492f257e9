"""Whoever may not list a bucket is not told which of its objects are missing.

GetObject and HeadObject then answer 403, as on AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import s3

from localcity.patching import Patch

Checks = list[tuple[str, str]]


def _with_missing(original: Callable[..., Checks]) -> Callable[..., Checks]:
    def checks(
        method: str, path: str, headers: Any, body: bytes, query: dict[str, Any]
    ) -> Checks:
        more = original(method, path, headers, body, query)
        name, _, key = path.lstrip("/").partition("/")
        reads = key and iam_actions._s3_action(method, path, query) == "GetObject"
        bucket = s3._buckets.get(name) if reads else None
        if bucket is not None and key not in bucket["objects"]:
            more.append(("s3:ListBucket", f"arn:aws:s3:::{name}"))
        return more

    return checks


def _apply() -> None:
    module: Any = iam_actions
    module.s3_additional_checks = _with_missing(iam_actions.s3_additional_checks)


PATCHES = (
    Patch(
        "missing objects",
        "a role without s3:ListBucket is told that an object is missing",
        [(iam_actions, "_s3_action"), (s3, "_buckets")],
        [(iam_actions, "s3_additional_checks", "26e5e5602d74")],
        _apply,
    ),
)
