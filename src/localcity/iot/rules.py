"""IoT rule actions: Kinesis and S3, which MiniStack does not have, and SQS by a role.

What the deployed rule says is what happens: stream, bucket, role, key templates.
The rule's role is held to IAM; a refusal fails the action, and a failed action sends
the message to the rule's error action, as on AWS.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, copy_context
from typing import Any, NamedTuple

from ministack.core import iam_evaluator
from ministack.services import iot, kinesis, s3, sqs

from localcity.iam import roles
from localcity.iot.broker_speed import encode, unread
from localcity.kinesis import streams
from localcity.patching import Patch
from localcity.s3_delivery import ActionError, put_object
from localcity.sqs_delivery import require_queue

_TEMPLATE = re.compile(r"\$\{(.*?)\}", re.DOTALL)


class Message(NamedTuple):
    """What substitution templates read: the message as published, never aliases."""

    topic: str
    payload: bytes
    client_id: str | None


_message: ContextVar[Message] = ContextVar("rule_message")


def substitute(template: str, message: Message) -> str:
    """`template` with each `${expression}` replaced by MiniStack's own evaluator.

    ActionError if an expression is undefined for this message.
    """
    literals, expressions = _parts(template)
    parts = [literals[0]]
    for expression, literal in zip(expressions, literals[1:], strict=True):
        parts += (_value(expression, message), literal)
    return "".join(parts)


@functools.lru_cache(maxsize=256)
def _parts(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    pieces = _TEMPLATE.split(template)
    return tuple(pieces[0::2]), tuple(pieces[1::2])


def _value(expression: str, message: Message) -> str:
    value = iot._eval_select_expr(
        expression,
        message.topic,
        message.payload,
        _decoded(message) if _reads_payload(expression) else iot._MISSING,
        message.client_id,
    )
    text = iot._sql_as_string(value)
    if text is None:
        raise ActionError(f"${{{expression}}} is undefined for topic {message.topic!r}")
    return str(text)


@functools.lru_cache(maxsize=256)
def _reads_payload(expression: str) -> bool:
    """False for a function without arguments or of one number, as topic(2) is."""
    return re.fullmatch(r"\s*[A-Za-z_]\w*\s*\(\s*\d*\s*\)\s*", expression) is None


def _decoded(message: Message) -> Any:
    return iot._rule_message(message.payload)


@functools.lru_cache(maxsize=256)
def _actor(account: str, region: str, rule: str, role_arn: str) -> roles.Actor:
    """The action's role, as IoT Core takes it for the rule."""
    source = f"arn:aws:iot:{region}:{account}:rule/{rule}"
    return roles.Actor(account, region, role_arn, roles.IOT, rule, source)


def _to_kinesis(account: str, region: str, rule: str, spec: Any, event: Any) -> None:
    actor = _actor(account, region, rule, spec["roleArn"])
    name = spec["streamName"]
    arn = f"arn:aws:kinesis:{region}:{account}:stream/{name}"
    roles.require(actor, "kinesis:PutRecord", arn)
    stream = kinesis._streams.get_scoped(account, region, name)
    if stream is None:
        raise ActionError(f"Stream {name} under account {account} not found.")
    if stream.get("EncryptionType") == "KMS":
        roles.require_key(actor, "kms:GenerateDataKey", stream["KeyId"], "kinesis")
    key = substitute(spec.get("partitionKey") or "${newuuid()}", _message.get())
    streams.put(stream, key, _body(event))


def _to_s3(account: str, region: str, rule: str, spec: Any, event: Any) -> None:
    actor = _actor(account, region, rule, spec["roleArn"])
    key = substitute(spec["key"], _message.get())
    put_object(actor, spec["bucketName"], key, _body(event))


def _to_sqs(account: str, region: str, rule: str, spec: Any, event: Any) -> None:
    actor = _actor(account, region, rule, spec["roleArn"])
    name = spec["queueUrl"].rpartition("/")[2]
    require_queue(actor, f"arn:aws:sqs:{region}:{account}:{name}")
    copy_context().run(_sent_by_tls, account, region, rule, spec, event)


def _sent_by_tls(*message: Any) -> None:
    """Services speak TLS to each other, which the queue's own policy may demand."""
    iam_evaluator.pin_request_origin("127.0.0.1", True)
    iot._dispatch_rule_sqs(*message)


def _body(event: Any) -> bytes:
    return event.encode() if isinstance(event, str) else encode(event)


_ACTIONS: dict[str, Callable[[str, str, str, Any, Any], None]] = {
    "kinesis": _to_kinesis,
    "s3": _to_s3,
    "sqs": _to_sqs,
}


def _dispatching(original: Callable[..., Awaitable[None]]) -> Any:
    async def dispatch(
        account: str, region: str, rule: str, action: dict[str, Any], event: Any
    ) -> None:
        for kind, run in _ACTIONS.items():
            if kind in action:
                return run(account, region, rule, action[kind], event)
        return await original(account, region, rule, action, event)

    return dispatch


def _remembering(original: Callable[..., Awaitable[None]]) -> Any:
    """Keep the message at hand while its rule runs: actions are not given it."""

    async def run(
        account: str,
        region: str,
        rule: Any,
        payload: bytes,
        topic: str = "",
        client_id: str | None = None,
    ) -> None:
        token = _message.set(Message(topic, payload or b"", client_id))
        unread.set(_passes_on(rule))
        try:
            await original(account, region, rule, payload, topic, client_id)
        finally:
            _message.reset(token)
            unread.set(False)

    return run


_WRITERS = ("kinesis", "s3")  # what they are given is only written as JSON


def _passes_on(rule: Any) -> bool:
    """Whether nothing of a rule reads what a message says."""
    if not rule or not _selects_all(rule.get("sql", "")):
        return False
    actions = rule.get("actions") or ()
    return all(any(kind in one for kind in _WRITERS) for one in actions)


@functools.lru_cache(maxsize=256)
def _selects_all(sql: str) -> bool:
    """Whether a rule's SQL takes the whole message, and otherwise not its fields."""
    if iot._rule_where_clause(sql):
        return False
    items = iot._split_select_items(iot._rule_select_clause(sql))
    columns = [iot._split_select_alias(item) for item in items]
    fields = [one for one in columns if tuple(one) != ("*", None)]
    is_whole = len(fields) < len(columns)
    return is_whole and not any(_reads_payload(one[0]) for one in fields)


# Pure functions of the rule's SQL text, which MiniStack works out for each message.
# The lists some of them return are only read.
_SQL_PARSERS = {
    "_rule_select_clause": "50612f6bedf8",
    "_rule_where_clause": "7ea4ae86e6ff",
    "_rule_topic_filter": "1879d0034dee",
    "_split_select_items": "e67060c447e7",
    "_split_select_alias": "088100cdd7bf",
    "_select_default_key": "1a493977d776",
    "_sql_string_value": "79bdc6cec2c7",
}


def _apply_actions() -> None:
    iot._dispatch_rule_action = _dispatching(iot._dispatch_rule_action)
    iot._run_rule_actions = _remembering(iot._run_rule_actions)
    iot._RULE_ACTION_RESOURCE_KEYS.update(kinesis=("streamName",), s3=("bucketName",))


def _apply_sql_cache() -> None:
    for name in _SQL_PARSERS:
        setattr(iot, name, functools.lru_cache(maxsize=1024)(getattr(iot, name)))


PATCHES = (
    Patch(
        "rule actions",
        "IoT rules have no Kinesis and no S3 action, and SQS asks for no role",
        [
            (iot, "_eval_select_expr"),
            (iot, "_sql_as_string"),
            (iot, "_rule_message"),
            (iot, "_MISSING"),
            (iot, "_RULE_ACTION_RESOURCE_KEYS"),
            (iot, "_dispatch_rule_sqs"),
            (sqs, "_queue_by_arn"),
            (iam_evaluator, "pin_request_origin"),
            (s3, "_put_object"),
            (s3, "_bucket_default_sse_headers"),
            *roles.NEEDS,
        ],
        [
            (iot, "_dispatch_rule_action", "2cc290cef1d2"),
            (iot, "_run_rule_actions", "d369ff485772"),
        ],
        _apply_actions,
    ),
    Patch(
        "rule SQL cache",
        "the SQL of a rule is parsed again for each message",
        [],
        [(iot, name, known) for name, known in _SQL_PARSERS.items()],
        _apply_sql_cache,
    ),
)
