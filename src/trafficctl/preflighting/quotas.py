"""The quotas of an account: read where they can be read, judged against the load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.deploying.stack import Account
from trafficctl.errors import translate
from trafficctl.output import number
from trafficctl.preflighting import load as loads
from trafficctl.preflighting.rows import (
    OK,
    RAISE,
    REFUSALS,
    UNKNOWN,
    Question,
    Row,
    brief,
    data,
)

Quota = Mapping[str, Any]

NO_QUOTAS = "a local city has none"


def check(account: Account, question: Question, quota: Quota) -> Row:
    """One quota of data/quotas.json.

    The service itself is asked first where it can tell, then Service Quotas. Where
    both refuse, the row is unknown, and says what the default would be worth.
    """
    need = loads.needs(question.load, question.settings)[quota["key"]]
    try:
        have = _own(account, quota["key"])
        code = str(quota["code"])
        if have is None:
            have, code = _from_service_quotas(account, quota)
    except REFUSALS as exc:
        why = NO_QUOTAS if account.is_local else brief(translate(exc))
        return unreadable(quota, need, account.region, why)
    return judged(quota, have, need, code, account.region)


def judged(quota: Quota, have: float, need: int, code: str, region: str) -> Row:
    """The row of a quota that was read. Pure."""
    verdict = loads.judge(have, need)
    step = request(quota["service"], code, need, region) if verdict == RAISE else ""
    return Row(quota["what"], number(have), number(need), verdict, step)


def unreadable(quota: Quota, need: int, region: str, why: str) -> Row:
    """The row of a quota that nobody would tell. Pure."""
    small = region in data("quotas")["small_regions"]["regions"]
    default = quota["small" if small else "default"]
    worth = "would do" if loads.judge(default, need) == OK else "would not do"
    return Row(
        quota["what"],
        "?",
        number(need),
        UNKNOWN,
        f"the usual {number(default)} {worth}; not read: {why}",
    )


def request(service: str, code: str, need: int, region: str) -> str:
    """The command that asks AWS for more."""
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} "
        f"--quota-code {code} --desired-value {loads.to_ask_for(need)} "
        f"--region {region}"
    )


def unreserved(account: Account, question: Question) -> Row:
    """Whether 100 executions stay unreserved; Lambda refuses to go below.

    A stack that is deployed has taken its part already.
    """
    settings = account.client("lambda").get_account_settings()["AccountLimit"]
    described = account.client("cloudformation").describe_stacks
    taken = loads.reserved(question.settings)
    try:
        described(StackName=question.stack)
        taken = 0
    except ClientError:
        pass
    return judged_unreserved(
        int(settings["UnreservedConcurrentExecutions"]), taken, account.region
    )


def judged_unreserved(have: int, reserved: int, region: str) -> Row:
    """The row of the unreserved floor. Pure."""
    need = reserved + loads.UNRESERVED_FLOOR if reserved else 0
    verdict = loads.judge(have, need)
    step = ""
    if verdict == RAISE:
        step = (
            "deploy with --parameter LiveApiReservedConcurrency=-1 and no "
            "LambdaReservedConcurrency, or "
            + request("lambda", "L-B99A9384", need, region)
        )
    return Row(
        "Lambda unreserved executions", number(have), number(need), verdict, step
    )


def fresh_tables(question: Question) -> Row:
    """Whether a new on-demand table takes the load from its first minute. Pure."""
    need = loads.table_writes(question.load, question.settings)
    limit = loads.FRESH_TABLE_WRITES_PER_S
    on_demand = question.settings["DynamoDBBillingMode"] == "PAY_PER_REQUEST"
    what = "writes/s of a new table"
    if not on_demand:
        return Row(what, question.settings["DynamoDBWriteCapacity"], "-", OK)
    if need <= limit:
        return Row(what, number(limit), number(need), OK)
    return Row(
        what,
        number(limit),
        number(need),
        RAISE,
        "connect the fleet in parts over an hour, or deploy with --parameter "
        f"DynamoDBBillingMode=PROVISIONED and DynamoDBWriteCapacity of {number(need)}",
    )


def _own(account: Account, key: str) -> float | None:
    """What the service itself says; None where it says nothing."""
    ask: Callable[[Account], float] | None = _ASKED_THEMSELVES.get(key)
    if ask is None:
        return None
    try:
        return ask(account)
    except REFUSALS:
        return None


def _shards(account: Account) -> float:
    found = account.client("kinesis").describe_limits()
    return float(found["ShardLimit"] - found["OpenShardCount"])


def _executions(account: Account) -> float:
    found = account.client("lambda").get_account_settings()["AccountLimit"]
    return float(found["ConcurrentExecutions"])


def _writes(account: Account) -> float:
    found = account.client("dynamodb").describe_limits()
    return float(found["TableMaxWriteCapacityUnits"])


_ASKED_THEMSELVES: dict[str, Callable[[Account], float]] = {
    "shards": _shards,
    "executions": _executions,
    "table_writes": _writes,
}


def _from_service_quotas(account: Account, quota: Quota) -> tuple[float, str]:
    """Value and code. A code that names another quota is not trusted."""
    api = account.client("service-quotas")
    asked = {"ServiceCode": quota["service"], "QuotaCode": quota["code"]}
    for get in (api.get_service_quota, api.get_aws_default_service_quota):
        try:
            found = get(**asked)["Quota"]
        except api.exceptions.NoSuchResourceException:
            continue
        if named(found, quota):
            return float(found["Value"]), str(found["QuotaCode"])
    return _by_name(api, quota)


def _by_name(api: Any, quota: Quota) -> tuple[float, str]:
    for listing in ("list_service_quotas", "list_aws_default_service_quotas"):
        for found in _listed(api, listing, quota["service"]):
            if named(found, quota):
                return float(found["Value"]), str(found["QuotaCode"])
    raise ClientError(
        {"Error": {"Code": "NotFound", "Message": f"no quota named {quota['name']!r}"}},
        "ListServiceQuotas",
    )


def _listed(api: Any, listing: str, service: str) -> Iterator[Any]:
    for page in api.get_paginator(listing).paginate(ServiceCode=service):
        yield from page["Quotas"]


def named(found: Mapping[str, Any], quota: Quota) -> bool:
    """Whether a quota read is the one meant, by its name. Pure."""
    return str(quota["name"]).lower() in str(found.get("QuotaName", "")).lower()
