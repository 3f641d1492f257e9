"""AWS's own metrics of topics: what was published, and what arrived."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import lambda_svc, sns, sqs

from localcity.cloudwatch.counters import count
from localcity.patching import Patch


def _published(fanout: Callable[..., None]) -> Callable[..., None]:
    def publishing(topic_arn: str, *args: Any, **options: Any) -> None:
        _of_topic(topic_arn, "NumberOfMessagesPublished")
        fanout(topic_arn, *args, **options)

    return publishing


def _of_topic(arn: str, name: str) -> None:
    topic = parse_arn(arn)
    place = topic.account_id, topic.region
    count(place, "SNS", name, TopicName=topic.resource)


def _outcome(arn: str, well: bool) -> None:
    _of_topic(arn, f"NumberOfNotifications{'Delivered' if well else 'Failed'}")


def _queued(deliver: Callable[..., None]) -> Callable[..., None]:
    def delivering(endpoint: str, *args: Any, topic_arn: str = "", **more: Any) -> None:
        deliver(endpoint, *args, topic_arn=topic_arn, **more)
        account = parse_arn(topic_arn).account_id
        request = (endpoint, "sns.amazonaws.com", topic_arn, account)
        _outcome(topic_arn, bool(sqs.queue_policy_allows(*request)))

    return delivering


def _called(deliver: Callable[..., None]) -> Callable[..., None]:
    def delivering(endpoint: str, envelope: str, topic_arn: str, *args: Any) -> None:
        function, _config, _name = lambda_svc._get_func_record_for_ref(endpoint)
        deliver(endpoint, envelope, topic_arn, *args)
        _outcome(topic_arn, function is not None)

    return delivering


def _posted(post: Callable[..., int]) -> Callable[..., int]:
    def posting(endpoint: str, payload: str, kind: str) -> int:
        topic = _topic_of(payload) if kind == "Notification" else None
        try:
            status = post(endpoint, payload, kind)
        except Exception:
            if topic:
                _outcome(topic, well=False)
            raise
        if topic:
            _outcome(topic, well=True)
        return status

    return posting


def _topic_of(payload: str) -> str | None:
    """The topic a notification names; None if it is delivered raw."""
    try:
        topic = json.loads(payload)["TopicArn"]
    except (ValueError, KeyError, TypeError):
        return None
    return topic if isinstance(topic, str) else None


def _apply_sns() -> None:
    sns._fanout = _published(sns._fanout)
    sns._deliver_to_sqs = _queued(sns._deliver_to_sqs)
    sns._deliver_to_lambda = _called(sns._deliver_to_lambda)
    sns._http_post_sync = _posted(sns._http_post_sync)


PATCHES = (
    Patch(
        "topic metrics",
        "nothing is counted of topics",
        [(sqs, "queue_policy_allows"), (lambda_svc, "_get_func_record_for_ref")],
        [
            (sns, "_fanout", "984cdd91d64a"),
            (sns, "_deliver_to_sqs", "f85849838cca"),
            (sns, "_deliver_to_lambda", "aa6b8a8c312e"),
            (sns, "_http_post_sync", "82c13af9f175"),
        ],
        _apply_sns,
    ),
)
