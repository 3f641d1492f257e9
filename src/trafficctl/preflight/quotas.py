"""The quotas of an account: read where they can be read, judged against the load."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from trafficctl.cli.output import number
from trafficctl.errors import translate
from trafficctl.preflight import load as loads
from trafficctl.preflight.result import (
    OK,
    RAISE,
    REFUSALS,
    UNKNOWN,
    Question,
    Row,
    brief,
    data,
)
from trafficctl.stack.stack import Account

Quota = Mapping[str, Any]

OFFERED = re.compile(r"^  KinesisShardCount:\n.*?Values: \[(.*?)\]", re.M | re.S)

ON_DEMAND = "PAY_PER_REQUEST"
NO_QUOTAS = "a local city has none"


@dataclass(frozen=True)
class Room:
    """A quota, and what others than this stack have taken of it."""

    limit: float
    taken: float = 0

    @property
    def free(self) -> float:
        """What is left for this stack."""
        return self.limit - self.taken


def check(account: Account, question: Question, quota: Quota) -> Row:
    """One quota of data/quotas.json.

    The service itself is asked first where it can tell, then Service Quotas. Where
    both refuse, the row is unknown, and says what the default would be worth.
    """
    need = loads.needs(question.load, question.settings)[quota["key"]]
    try:
        room = _own(account, question, quota["key"])
        code = str(quota["code"])
        if room is None:
            limit, code = _from_service_quotas(account, quota)
            room = Room(limit)
    except REFUSALS as exc:
        why = NO_QUOTAS if account.is_local else brief(translate(exc))
        return unreadable(quota, need, account.region, why)
    return judged(quota, room, need, code, account.region)


def judged(quota: Quota, room: Room, need: int, code: str, region: str) -> Row:
    """The row of a quota that was read. Pure."""
    verdict = loads.judge(room.free, need)
    step = ""
    if verdict == RAISE:
        step = request(quota["service"], code, room.taken + need, region)
    return Row(quota["what"], number(room.free), number(need), verdict, step)


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


def request(service: str, code: str, total: float, region: str) -> str:
    """The command that asks AWS for a quota of `total` and some room.

    AWS takes no request for less than there is: others' part belongs to the total.
    """
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} "
        f"--quota-code {code} --desired-value {loads.to_ask_for(total)} "
        f"--region {region}"
    )


def unreserved(account: Account, question: Question) -> Row:
    """Whether 100 executions stay unreserved; Lambda refuses to go below."""
    room = _executions(account, question)
    return judged_unreserved(room, loads.reserved(question.settings), account.region)


def judged_unreserved(room: Room, reserved: int, region: str) -> Row:
    """The row of the unreserved floor. Pure."""
    need = reserved + loads.UNRESERVED_FLOOR if reserved else 0
    verdict = loads.judge(room.free, need)
    step = ""
    if verdict == RAISE:
        step = (
            "deploy with --parameter LiveApiReservedConcurrency=-1 and no "
            "LambdaReservedConcurrency, or "
            + request("lambda", "L-B99A9384", room.taken + need, region)
        )
    return Row(
        "Lambda unreserved executions", number(room.free), number(need), verdict, step
    )


def fresh_tables(question: Question) -> Row:
    """Whether a new on-demand table takes the load from its first minute. Pure.

    One that stands on demand has grown with its own past.
    """
    need = loads.table_writes(question.load, question.settings)
    limit = loads.FRESH_TABLE_WRITES_PER_S
    what = "writes/s of a new table"
    if question.settings["DynamoDBBillingMode"] != ON_DEMAND:
        return Row(what, question.settings["DynamoDBWriteCapacity"], "-", OK)
    standing = question.standing
    if standing.exists and standing.kept.get("DynamoDBBillingMode") == ON_DEMAND:
        return Row(what, "on demand", "-", OK)
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


def first_shards(question: Question) -> Row:
    """Whether the stream begins with the shards that the load needs. Pure.

    Fewer are no fault, they are added as the load grows; but each doubling takes
    minutes. An on-demand stream that stands has as many as its own past asked for.
    """
    what, wanted = "shards to begin with", loads.shards(question.load)
    on_demand = loads.is_on_demand(question.settings)
    if on_demand and question.standing.exists:
        return Row(what, "on demand", "-", OK)
    have = loads.FRESH_STREAM_SHARDS
    if not on_demand:
        have = int(question.settings["KinesisShardCount"])
    step = ""
    if have < wanted:
        fitting = loads.fitting(wanted, offered(question.template))
        step = f"--parameter KinesisShardCount={fitting}"
        if on_demand:
            step += (
                " --parameter KinesisStreamMode=PROVISIONED at first: deployed again "
                "with ON_DEMAND, the stream keeps these shards"
            )
    return Row(what, number(have), number(wanted), OK, step)


def offered(template: str) -> list[int]:
    """The shard counts that the template takes to begin with. Pure."""
    (listed,) = OFFERED.findall(template)
    return [int(one) for one in listed.split(",")]


def _own(account: Account, question: Question, key: str) -> Room | None:
    """What the service itself says; None where it says nothing."""
    ask = _ASKED_THEMSELVES.get(key)
    if ask is None:
        return None
    try:
        return ask(account, question)
    except REFUSALS:
        return None


def _shards(account: Account, question: Question) -> Room:
    found = account.client("kinesis").describe_limits()
    ours = _open_shards(account, question.standing.stream)
    return Room(found["ShardLimit"], max(0, found["OpenShardCount"] - ours))


def _open_shards(account: Account, stream: str | None) -> int:
    """The shards of the stack's own stream, as far as they count for the quota."""
    if stream is None:
        return 0
    found = account.client("kinesis").describe_stream_summary(StreamName=stream)
    summary = found["StreamDescriptionSummary"]
    on_demand = summary.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND"
    return 0 if on_demand else int(summary["OpenShardCount"])


def _executions(account: Account, question: Question) -> Room:
    """What others have set apart is taken; what the stack has set apart is its own."""
    found = account.client("lambda").get_account_settings()["AccountLimit"]
    limit = found["ConcurrentExecutions"]
    reserved = limit - found["UnreservedConcurrentExecutions"]
    ours = loads.reserved(question.standing.kept) if question.standing.exists else 0
    return Room(limit, max(0, reserved - ours))


def _writes(account: Account, _question: Question) -> Room:
    found = account.client("dynamodb").describe_limits()
    return Room(found["TableMaxWriteCapacityUnits"])


_ASKED_THEMSELVES: dict[str, Callable[[Account, Question], Room]] = {
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
