"""The executions that a template sets apart for a function, which then are its most."""

from __future__ import annotations

from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from localcity.cloudformation.properties import NEEDED, also_set
from localcity.patching import Patch


def _reserve(name: str, props: dict[str, Any]) -> None:
    """None sets none apart; 0 lets nothing run."""
    wanted = props.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if wanted is None else int(wanted)


PATCHES = (
    Patch(
        "reserved concurrency",
        "CloudFormation ignores ReservedConcurrentExecutions, so 0 stops nothing",
        [(lambda_svc, "_functions"), (lambda_svc, "_reserved_concurrency"), NEEDED],
        [
            (provisioners, "_lambda_create", "8b2cf80e961d"),
            (provisioners, "_lambda_update", "4855410e37d7"),
        ],
        also_set("AWS::Lambda::Function", _reserve),
    ),
)
