"""Why an operation on a stack failed: its first cause, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from trafficctl.stack.events import Event

# What CloudFormation says of resources it stopped because another had failed.
CONSEQUENCES = ("resource creation cancelled", "resource update cancelled", "cancelled")
ADVICE: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("already exists",),
        "a resource of that name is there already and in no stack: "
        "`trafficctl preflight` lists what an earlier stack left, and what to do; a "
        "table that a failed update left holds nothing: `aws dynamodb update-table "
        "--table-name NAME --no-deletion-protection-enabled`, then `delete-table`",
    ),
    (
        ("protected against deletion", "deletion protection is activated"),
        "`trafficctl destroy --purge --despite-protection` turns protection off first",
    ),
    (
        ("bucket you tried to delete is not empty", "bucketnotempty"),
        "`aws s3 rm --recursive s3://BUCKET` empties it, then repeat the command",
    ),
    (
        ("queuedeletedrecently", "60 seconds after deleting a queue"),
        "SQS keeps a deleted queue's name for a minute: wait, then repeat the command",
    ),
    (
        ("unreservedconcurrentexecution", "concurrent executions"),
        "this account has too few Lambda executions to set some apart: deploy with "
        "--parameter LiveApiReservedConcurrency=-1, or request a higher quota",
    ),
    (
        ("not authorized", "access denied", "accessdenied", "accessdeniedexception"),
        "the deploying identity does not have this permission: request it; "
        "`trafficctl preflight` tries all of them",
    ),
    (
        ("limit exceeded", "limitexceeded", "quota", "too many"),
        "a quota of the account is used up: `trafficctl preflight` names the request",
    ),
    (
        ("runtime",),
        "AWS no longer takes this Lambda runtime: deploy with "
        "--parameter LambdaRuntime=python3.13",
    ),
    (
        ("attached to one or more principals",),
        "devices still use this policy: `trafficctl destroy` detaches it first",
    ),
)
ANY_OTHER = "fix what it names, then repeat the command"


def causes(events: Sequence[Event]) -> list[str]:
    """The failures among events (oldest first) that follow from no other, in order.

    Each as `LogicalId (Type): reason`. What the stack says of itself counts only when
    no resource says anything.
    """
    failed = [one for one in events if _failed(one)]
    own = [one for one in failed if one["ResourceType"] != "AWS::CloudFormation::Stack"]
    return [_cause(one) for one in own or failed if not _is_consequence(one)]


def advice(cause: str) -> str:
    """The next step for a cause, in the operator's words."""
    low = cause.lower()
    for signs, step in ADVICE:
        if any(sign in low for sign in signs):
            return step
    return ANY_OTHER


def _failed(event: Event) -> bool:
    return str(event["ResourceStatus"]).endswith("_FAILED")


def _is_consequence(event: Event) -> bool:
    reason = str(event.get("ResourceStatusReason", "")).lower().strip(" .")
    return reason in CONSEQUENCES


def _cause(event: Event) -> str:
    reason = event.get("ResourceStatusReason") or "no reason given"
    return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
