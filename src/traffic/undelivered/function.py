"""The Lambda function that drains the queue of undelivered messages into a bucket."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from ..settings import load
from .aws import DeadLetterStore
from .letters import body_of, key_of, messages_of

_CLIENT = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,  # the shapes are ours and tested
)


class UndeliveredSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The environment variables of the function."""

    dead_letter_bucket: str


def handler(event: Mapping[str, Any], _context: Any) -> None:
    """Keep a batch; an error is raised, so that the queue delivers it again."""
    keep(event, _store())


def keep(event: Mapping[str, Any], store: DeadLetterStore) -> None:
    """Write the messages of *event* as one object; raises DeadLetterError."""
    messages = messages_of(event)
    if messages:
        store.keep(key_of(messages), body_of(messages))


@functools.lru_cache(maxsize=1)
def _store() -> DeadLetterStore:
    """Connect once for each execution environment, at its first request."""
    settings = load(UndeliveredSettings, os.environ)
    client = boto3.session.Session().client("s3", config=_CLIENT)
    return DeadLetterStore(client, settings.dead_letter_bucket)
