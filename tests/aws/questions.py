"""The questions that only AWS can answer, in the order in which they are asked.

A question returns its answer in words, or raises NoError or NotHereError.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from trafficctl.publishing.devices import find_broker
from trafficctl.registry.certificates import pem_path
from trafficctl.registry.context import CLAIMS, open_context

from ..integration.trafficctl.registry.claimant import Claimant
from .trial import Mailbox, NoError, NotHereError, Trial

ALERT_PROMISE_S = 30
MAIL_PATIENCE_S = 120
ALARM_PATIENCE_S = 900
QUERY_PATIENCE_S = 300
UNDELIVERED_S = 90  # longest that an undelivered message is in no bucket yet
PUBLISH_S = {"jam": 60, "outage": 240, "loss": 30}
DEFAULT_SUBJECT = "AWS Notification Message"


class Question(NamedTuple):
    """A question by its short name, as people read it, and how it is asked."""

    name: str
    text: str
    ask: Callable[[Trial], str]


def alert(trial: Trial) -> str:
    """A jam is published over MQTT, and a subscriber reads of it in time."""
    with Mailbox(trial, trial.outputs["AlertTopicArn"], f"{trial.stack}-mail") as box:
        _publish(trial, "jam", "--jam", "sim-0003")
        mails = trial.wait(box.read, MAIL_PATIENCE_S)
    if not mails:
        raise NoError(f"no message after {MAIL_PATIENCE_S} s; {_dead_letters(trial)}")
    subject, body = mails[0].get("Subject"), mails[0]["Message"]
    if subject in (None, DEFAULT_SUBJECT):
        raise NoError(f"the message has no subject: {body!r}")
    if body.startswith('"'):
        raise NoError(f"the text is in quotation marks: {body!r}")
    opened = min(_time(row["opened_at"]) for row in trial.rows("alerts", "--all"))
    delay_s = _time(mails[0]["Timestamp"]) - opened
    if delay_s > ALERT_PROMISE_S:
        raise NoError(f"the message came after {delay_s:.0f} s")
    return f"{subject!r} after {delay_s:.0f} s"


def update_statement(trial: Trial) -> str:
    """DynamoDB takes the ordinary update, and every reading is accounted for."""
    versions = [row.get("version") or 0 for row in trial.rows("segments")]
    if not versions or min(versions) < 2:
        raise NoError("a segment was written once at most: see the processor's log")
    trial.run("audit", "--stack", trial.stack)
    return f"{sum(versions)} writes to {len(versions)} segments, audit holds"


def device_claim(trial: Trial) -> str:
    """A new device exchanges a claim for its own certificate, and publishes."""
    device, segment = f"{trial.stack}-claimed", "sim-0001"
    devices = trial.folder / "devices.csv"
    devices.write_text(f"device_id,segment_id\n{device},{segment}\n")
    stack = ("--stack", trial.stack)
    trial.run("sensors", "claim", "trial", *stack)
    trial.run("sensors", "register", "--claim", str(devices), *stack)
    broker = find_broker(trial.session, trial.stack, trial.environment)
    endpoint = SimpleNamespace(
        ca_file=str(broker.ca_file) if broker.ca_file else None,
        mqtt_host=broker.host,
        mqtt_port=broker.port,
    )
    claim = pem_path(open_context(trial.stack).directory(CLAIMS), "trial")
    template = trial.outputs["FleetTemplate"]
    claimant = Claimant(endpoint, template, device, claim, trial.folder)
    status, answer = claimant.come_in()
    trial.run("sensors", "claim", "--revoke", "trial", *stack)
    if status != "accepted":
        raise NoError(f"{status}: {answer}")
    return f"accepted as {answer['thingName']}"


def failure_alarms(trial: Trial) -> str:
    """The rule's alarms ring: first nothing is lost, then what is lost is noticed."""
    kept, lost = ("iot-rule-failures", "dead-letters"), "iot-dead-letters-lost"
    with _denied(trial, "IngestRole", "kinesis:PutRecord"):
        _publish(trial, "outage")
        _all_ring(trial, kept)
    time.sleep(UNDELIVERED_S)
    trial.run("redrive", "--execute", "--stack", trial.stack)
    trial.run("audit", "--stack", trial.stack)
    with (
        _denied(trial, "IngestRole", "kinesis:PutRecord"),
        _denied(trial, "IngestErrorRole", "sqs:SendMessage"),
    ):
        _publish(trial, "loss")
        _all_ring(trial, (lost,))
    return f"{', '.join((*kept, lost))} rang; redriven, the audit held"


def failed_first_deployment(trial: Trial) -> str:
    """A first production deployment that fails leaves nothing in the way."""
    if trial.is_local:
        raise NotHereError("the local city reserves any concurrency, so it cannot fail")
    stack = trial.failing_stack
    settings = trial.client("lambda").get_account_settings()["AccountLimit"]
    too_many = min(1_000, settings["ConcurrentExecutions"])
    production = ("--parameter", "Environment=production", "--stack", stack, "--yes")
    trial.run(
        "deploy",
        *production,
        "--parameter",
        f"LiveApiReservedConcurrency={too_many}",
        codes=(3,),
    )
    status = trial.wait(lambda: _settled(trial.status(stack)), ALARM_PATIENCE_S)
    if status != "ROLLBACK_COMPLETE":
        raise NoError(f"the stack is {status}")
    trial.run("deploy", *production, "--parameter", "LiveApiReservedConcurrency=-1")
    trial.purge(stack)
    if left := trial.status(stack):
        raise NoError(f"after the purge the stack is {left}")
    return "rolled back, deployed under the same name, purged"


def athena(trial: Trial) -> str:
    """Athena passes the keys of each report on, as the connector may not scan."""
    if not any(one.startswith("QuickSightPrincipalArn=") for one in trial.parameters):
        raise NotHereError("give --parameter QuickSightPrincipalArn=ARN to ask this")
    queries = list(_report_queries(trial))
    for name, sql in queries:
        _run_query(trial, name, sql)
    return f"{len(queries)} reports read by key"


def machine_feeds(trial: Trial) -> str:
    """A machine's token opens the feeds, and nothing of the live map's API."""
    done = trial.run("feeds", "--stack", trial.stack)
    token, address = done.out.strip(), done.err.split(" for ")[1].partition(",")[0]
    segments = _status(f"{address}segments.geojson", token)
    api = _status(f"{address.removesuffix('feeds/')}api/now", token)
    if (segments, api) != (200, 401):
        raise NoError(f"the feed answers {segments}, the API {api}")
    return "the token of a client read the feeds, and the API refused it"


QUESTIONS = (
    Question("alert", "Does an alert reach a subscriber in 30 s?", alert),
    Question("update", "Does DynamoDB take the ordinary update?", update_statement),
    Question("claim", "Does a device come in by a claim?", device_claim),
    Question("feeds", "Does a machine's token open the feeds alone?", machine_feeds),
    Question("alarms", "Do the alarms of a failing rule ring?", failure_alarms),
    Question(
        "failed-deploy",
        "Does a failed first deployment end clean?",
        failed_first_deployment,
    ),
    Question("athena", "Does Athena read the reports by key?", athena),
)


def _status(url: str, token: str) -> int:
    """The status of a GET with that token; names below localhost are this machine."""
    parts = urlsplit(url)
    is_local = (parts.hostname or "").endswith(".localhost")
    place = f"127.0.0.1:{parts.port}" if is_local else parts.netloc
    request = urllib.request.Request(  # noqa: S310 - the stack's own address
        parts._replace(netloc=place).geturl(),
        headers={"Host": parts.netloc, "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _publish(trial: Trial, kind: str, *options: str) -> None:
    """Publish simulated traffic of eight roads, one reading per sensor and second."""
    seconds = str(PUBLISH_S[kind])
    size = ("--segments", "8", "--seconds", seconds)
    trial.run("simulate", *size, *options, "--stack", trial.stack)


def _time(text: str | int) -> float:
    """A time of a row, in ms, or of a message, as text, in seconds."""
    if isinstance(text, int):
        return text / 1000
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _dead_letters(trial: Trial) -> str:
    """What EventBridge says of the messages that it could not deliver."""
    answer = trial.client("sqs").receive_message(
        QueueUrl=trial.outputs["AlertDeadLetterQueueUrl"],
        MessageAttributeNames=["All"],
        MaxNumberOfMessages=1,
    )
    for message in answer.get("Messages", []):
        told = {
            name: one.get("StringValue")
            for name, one in message.get("MessageAttributes", {}).items()
        }
        return f"dead letter: {told.get('ERROR_CODE')} {told.get('ERROR_MESSAGE')}"
    return "no dead letter either"


@contextlib.contextmanager
def _denied(trial: Trial, role: str, action: str) -> Iterator[None]:
    """Deny a role one action meanwhile."""
    iam, name = trial.client("iam"), trial.resource(role)
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policy = {"RoleName": name, "PolicyName": "denied-for-a-drill"}
    iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))
    try:
        yield
    finally:
        iam.delete_role_policy(**policy)


def _all_ring(trial: Trial, names: tuple[str, ...]) -> None:
    """Wait until these alarms have been in ALARM, each at some time."""
    quiet = set(names)

    def ring() -> bool:
        states = trial.alarm_states(*quiet)
        quiet.difference_update(n for n, state in states.items() if state == "ALARM")
        return not quiet

    if not trial.wait(ring, ALARM_PATIENCE_S):
        raise NoError(f"silent after {ALARM_PATIENCE_S} s: {', '.join(sorted(quiet))}")


def _settled(status: str | None) -> str | None:
    """The status of a stack that changes no more, else None."""
    return None if status and status.endswith("_IN_PROGRESS") else status or "deleted"


def _report_queries(trial: Trial) -> Iterator[tuple[str, str]]:
    """The SQL of each report that needs no choice from a reader."""
    account = trial.client("sts").get_caller_identity()["Account"]
    pages = trial.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=trial.stack):
        for one in page["StackResourceSummaries"]:
            if one["ResourceType"] != "AWS::QuickSight::DataSet":
                continue
            found = trial.client("quicksight").describe_data_set(
                AwsAccountId=account, DataSetId=one["PhysicalResourceId"].split("|")[-1]
            )["DataSet"]
            for table in found["PhysicalTableMap"].values():
                sql = table["CustomSql"]["SqlQuery"]
                if "<<$" not in sql:
                    yield found["Name"], sql


def _run_query(trial: Trial, name: str, sql: str) -> None:
    client = trial.client("athena")
    started = client.start_query_execution(
        QueryString=sql, WorkGroup=trial.resource("ReportWorkGroup")
    )["QueryExecutionId"]

    def ended() -> Any:
        found = client.get_query_execution(QueryExecutionId=started)
        status = found["QueryExecution"]["Status"]
        return None if status["State"] in ("QUEUED", "RUNNING") else status

    status = trial.wait(ended, QUERY_PATIENCE_S)
    if not status or status["State"] != "SUCCEEDED":
        reason = (status or {}).get("StateChangeReason", "it did not end")
        raise NoError(f"{name}: {reason}")
