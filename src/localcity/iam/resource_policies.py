"""May an AWS service do this to a resource, by the resource's own policy?

MiniStack asks it for deliveries to queues, and nobody when an alarm publishes to a
topic or a rule of EventBridge calls its target.
"""

from __future__ import annotations

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn

CLOUDWATCH = "cloudwatch.amazonaws.com"
EVENTS = "events.amazonaws.com"


def may(service: str, action: str, resource: str, source: str) -> bool:
    """Whether `service` may do `action` on the ARN `resource`, for the ARN `source`."""
    own = iam_evaluator._resource_policy(action.partition(":")[0], resource)
    if own is None:
        return False
    place = parse_arn(source)
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=place.region,
        secure_transport=True,  # services speak TLS to each other
        service_context={
            "aws:sourcearn": source,
            "aws:sourceaccount": place.account_id,
        },
    )
    result = iam_evaluator.evaluate_resource_policy(own[0], context, service=service)
    return bool(result.decision == "Allow")


NEEDS = (
    (iam_evaluator, "EvalContext"),
    (iam_evaluator, "_resource_policy"),
    (iam_evaluator, "evaluate_resource_policy"),
)
