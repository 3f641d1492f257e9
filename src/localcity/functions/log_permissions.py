"""A function's log reaches CloudWatch only if its role may write there.

So do the metrics that are embedded in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.lambda_runtime import _account_region_from_function_config
from ministack.services import lambda_svc

from localcity.cloudwatch.counters import from_log
from localcity.iam import roles
from localcity.patching import Patch

ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def _allowed(emit: Callable[..., None]) -> Callable[..., None]:
    def allowed(
        function: dict[str, Any], request_id: str, text: str, *args: Any, **options: Any
    ) -> None:
        config = function.get("config") or function
        account, region = _account_region_from_function_config(config)
        actor = roles.Actor(
            account,
            region,
            config.get("Role", ""),
            roles.LAMBDA,
            config["FunctionName"],
        )
        try:
            for action in ACTIONS:
                roles.require(actor, action, _stream_arn(account, region, config))
        except roles.RefusedError:
            return  # as on AWS: the invocation goes on, unseen
        from_log((account, region), text)
        emit(function, request_id, text, *args, **options)

    return allowed


def _stream_arn(account: str, region: str, config: dict[str, Any]) -> str:
    chosen = (config.get("LoggingConfig") or {}).get("LogGroup")
    group = chosen or f"/aws/lambda/{config['FunctionName']}"
    return f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:any"


def _apply() -> None:
    lambda_svc._emit_lambda_logs = _allowed(lambda_svc._emit_lambda_logs)


PATCHES = (
    Patch(
        "function logs",
        "logs are written whatever the function's role allows",
        [(lambda_svc, "_emit_lambda_logs")],
        [(lambda_svc, "_emit_lambda_logs", "111efbf06968")],
        _apply,
    ),
)
