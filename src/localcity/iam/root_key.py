"""One root key for each city, and its signature is checked.

MiniStack takes `test` and every twelve digits for root, and checks no signature of
theirs. Root's to it are also unsigned requests to S3, and requests to any service whose
`Authorization` header is of another kind, such as `Bearer x`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator

from localcity.patching import Patch

ANONYMOUS = "anonymous"


def is_root(access_key_id: str) -> bool:
    """Whether a key is root's: the city's own; none where AWS asks for none."""
    return not access_key_id or access_key_id == os.environ["AWS_ACCESS_KEY_ID"]


def is_unchecked(access_key_id: str) -> bool:
    """Whether a key has no signature to check: only none has."""
    return not access_key_id


def _signed(enforce: Callable[..., Any]) -> Callable[..., Any]:
    def enforcing(
        access_key_id: str, iam_action: str, service: str, *more: Any, **options: Any
    ) -> Any:
        if service == "s3" and not access_key_id:
            return iam_evaluator.EvalResult("ImplicitDeny", principal_arn=ANONYMOUS)
        if not access_key_id and iam_evaluator._signed_request.get() is None:
            iam_evaluator._anonymous.set(True)
        return enforce(access_key_id, iam_action, service, *more, **options)

    return enforcing


def _apply() -> None:
    module: Any = iam_evaluator
    module.is_root_access_key = is_root
    module._is_root_key = is_unchecked
    module.enforce = _signed(iam_evaluator.enforce)


PATCHES = (
    Patch(
        "one root key",
        "`test`, any twelve digits and requests without a signature are root",
        [
            (iam_evaluator, "EvalResult"),
            (iam_evaluator, "_anonymous"),
            (iam_evaluator, "_signed_request"),
        ],
        [
            (iam_evaluator, "is_root_access_key", "e6ae3b633355"),
            (iam_evaluator, "_is_root_key", "6d4c5eed6ad6"),
            (iam_evaluator, "enforce", "cf64b1ee5b09"),
        ],
        _apply,
    ),
)
