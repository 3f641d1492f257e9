"""The quotas of an account compared with the load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.cli.output import number
from trafficctl.cost import needs as loads
from trafficctl.cost.minute_burst import KEY_WRITES_S, minute_burst
from trafficctl.cost.sized import offered, smallest_sufficient
from trafficctl.errors import translate
from trafficctl.preflight.result import (
    OK,
    RAISE,
    REFUSALS,
    UNKNOWN,
    CheckResult,
    PreflightRequest,
    brief,
    data,
)
from trafficctl.stack.stack import Account
from trafficctl.stack.stream import open_shards

Quota = Mapping[str, Any]

ON_DEMAND = "PAY_PER_REQUEST"
NO_QUOTAS = "a local city has no quotas"


@dataclass(frozen=True)
class QuotaUse:
    """A quota, and how much of it others than this stack use."""

    limit: float
    taken: float = 0

    @property
    def free(self) -> float:
        """What is available to this stack."""
        return self.limit - self.taken


def check(
    account: Account, request: PreflightRequest, quota: Quota, need: int
) -> CheckResult:
    """One quota of data/quotas.json, of which so much is needed.

    It is read from the service if possible, then from Service Quotas. If both fail, the
    result is unknown and says whether the default is enough.
    """
    try:
        room = _from_service(account, request, quota["key"])
        code = str(quota["code"])
        if room is None:
            limit, code = _from_service_quotas(account, quota)
            room = QuotaUse(limit)
    except REFUSALS as exc:
        why = NO_QUOTAS if account.is_local else brief(translate(exc))
        return unreadable(quota, need, account.region, why)
    return judged(quota, room, need, code, account.region)


def judged(
    quota: Quota, room: QuotaUse, need: int, code: str, region: str
) -> CheckResult:
    """The result for a quota that was read. Pure."""
    verdict = loads.judge(room.free, need)
    step = ""
    if verdict == RAISE:
        step = request(quota["service"], code, room.taken + need, region)
    return CheckResult(quota["what"], number(room.free), number(need), verdict, step)


def unreadable(quota: Quota, need: int, region: str, why: str) -> CheckResult:
    """The result for a quota that could not be read. Pure."""
    small = region in data("quotas")["small_regions"]["regions"]
    default = quota["small" if small else "default"]
    worth = "is enough" if loads.judge(default, need) == OK else "is not enough"
    return CheckResult(
        quota["what"],
        "?",
        number(need),
        UNKNOWN,
        f"the default {number(default)} {worth}; not checked: {why}",
    )


def request(service: str, code: str, total: float, region: str) -> str:
    """The command that requests a quota of `total` with headroom.

    AWS rejects requests below the current value, so the total includes others' use.
    """
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} "
        f"--quota-code {code} --desired-value {loads.quota_to_request(total)} "
        f"--region {region}"
    )


def unreserved(account: Account, request: PreflightRequest) -> CheckResult:
    """Whether 100 executions stay unreserved; Lambda refuses to go below."""
    room = _executions(account, request)
    return judged_unreserved(room, loads.reserved(request.settings), account.region)


def judged_unreserved(room: QuotaUse, reserved: int, region: str) -> CheckResult:
    """The result for the unreserved minimum. Pure."""
    need = reserved + loads.UNRESERVED_FLOOR if reserved else 0
    verdict = loads.judge(room.free, need)
    step = ""
    if verdict == RAISE:
        step = (
            "deploy with --parameter LiveApiReservedConcurrency=-1 and no "
            "LambdaReservedConcurrency, or "
            + request("lambda", "L-B99A9384", room.taken + need, region)
        )
    return CheckResult(
        "Lambda unreserved executions", number(room.free), number(need), verdict, step
    )


def fresh_tables(request: PreflightRequest) -> CheckResult:
    """Whether a new on-demand table handles the load from its first minute. Pure.

    An existing on-demand table has already scaled with its load. The worst second of a
    minute may need more: transactions wait for it until the table has grown.
    """
    need = loads.table_writes(request.city)
    limit = loads.FRESH_TABLE_WRITES_PER_S
    what = "writes/s of a new table"
    if request.settings["DynamoDBBillingMode"] != ON_DEMAND:
        return CheckResult(what, request.settings["DynamoDBWriteCapacity"], "-", OK)
    existing = request.existing
    if existing.exists and existing.parameters.get("DynamoDBBillingMode") == ON_DEMAND:
        return CheckResult(what, "on demand", "-", OK)
    if need <= limit:
        return CheckResult(what, number(limit), number(need), OK)
    most = max(need, int(request.settings["DynamoDBMaxWriteCapacity"]))
    steady = loads.average_writes(request.city)
    return CheckResult(
        what,
        number(limit),
        number(need),
        loads.judge(limit, steady),
        "connect the fleet in parts over an hour, or deploy with --parameter "
        f"DynamoDBBillingMode=PROVISIONED --parameter DynamoDBWriteCapacity={need} "
        f"--parameter DynamoDBMaxWriteCapacity={most}",
    )


def history_keys(request: PreflightRequest) -> CheckResult:
    """Whether the keys of an hour accept all minutes that close together. Pure."""
    need = minute_burst(request.city).worst_of_a_key
    verdict = loads.judge(KEY_WRITES_S, need)
    step = "" if verdict == OK else "divide the city between several stacks"
    what = "writes/s of a key of by_hour"
    return CheckResult(what, number(KEY_WRITES_S), number(need), verdict, step)


def first_shards(request: PreflightRequest) -> CheckResult:
    """Whether the stream starts with the shards that the load needs. Pure.

    Fewer are allowed: the scaler adds more, but each doubling takes minutes. An
    existing on-demand stream has already scaled with its load.
    """
    what, needed = "initial shards", request.load.shards
    on_demand = loads.is_on_demand(request.settings)
    if on_demand and request.existing.exists:
        return CheckResult(what, "on demand", "-", OK)
    have = loads.FRESH_STREAM_SHARDS
    if not on_demand:
        have = int(request.settings["KinesisShardCount"])
    step = ""
    if have < needed:
        count = smallest_sufficient(needed, offered(request.template))
        step = f"--parameter KinesisShardCount={count}"
        if on_demand:
            step += (
                " --parameter KinesisStreamMode=PROVISIONED first; deployed again with "
                "ON_DEMAND, the stream keeps these shards"
            )
    return CheckResult(what, number(have), number(needed), OK, step)


def _from_service(
    account: Account, request: PreflightRequest, key: str
) -> QuotaUse | None:
    """The quota from the service itself, None if it has no such call."""
    ask = _SERVICE_LIMITS.get(key)
    if ask is None:
        return None
    try:
        return ask(account, request)
    except REFUSALS:
        return None


def _shards(account: Account, request: PreflightRequest) -> QuotaUse:
    limits = account.client("kinesis").describe_limits()
    stream = request.existing.stream
    ours = (open_shards(account, stream) or 0) if stream else 0
    return QuotaUse(limits["ShardLimit"], max(0, limits["OpenShardCount"] - ours))


def _executions(account: Account, request: PreflightRequest) -> QuotaUse:
    """The concurrency quota, less what others than this stack reserve."""
    limits = account.client("lambda").get_account_settings()["AccountLimit"]
    limit = limits["ConcurrentExecutions"]
    reserved = limit - limits["UnreservedConcurrentExecutions"]
    ours = loads.reserved(request.existing.parameters) if request.existing.exists else 0
    return QuotaUse(limit, max(0, reserved - ours))


def _writes(account: Account, _request: PreflightRequest) -> QuotaUse:
    limits = account.client("dynamodb").describe_limits()
    return QuotaUse(limits["TableMaxWriteCapacityUnits"])


_SERVICE_LIMITS: dict[str, Callable[[Account, PreflightRequest], QuotaUse]] = {
    "shards": _shards,
    "executions": _executions,
    "table_writes": _writes,
}


def _from_service_quotas(account: Account, quota: Quota) -> tuple[float, str]:
    """Value and code; a code that names another quota is not used."""
    api = account.client("service-quotas")
    key = {"ServiceCode": quota["service"], "QuotaCode": quota["code"]}
    for get in (api.get_service_quota, api.get_aws_default_service_quota):
        try:
            candidate = get(**key)["Quota"]
        except api.exceptions.NoSuchResourceException:
            continue
        if has_name_of(candidate, quota):
            return float(candidate["Value"]), str(candidate["QuotaCode"])
    return _by_name(api, quota)


def _by_name(api: Any, quota: Quota) -> tuple[float, str]:
    for listing in ("list_service_quotas", "list_aws_default_service_quotas"):
        for candidate in _list_quotas(api, listing, quota["service"]):
            if has_name_of(candidate, quota):
                return float(candidate["Value"]), str(candidate["QuotaCode"])
    raise ClientError(
        {"Error": {"Code": "NotFound", "Message": f"no quota named {quota['name']!r}"}},
        "ListServiceQuotas",
    )


def _list_quotas(api: Any, listing: str, service: str) -> Iterator[Any]:
    for page in api.get_paginator(listing).paginate(ServiceCode=service):
        yield from page["Quotas"]


def has_name_of(candidate: Mapping[str, Any], quota: Quota) -> bool:
    """Whether a quota has the expected name. Pure."""
    return str(quota["name"]).lower() in str(candidate.get("QuotaName", "")).lower()
