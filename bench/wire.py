"""boto3's client of DynamoDB, whose calls end on this machine.

What comes before and after the wire is boto3's own.
"""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config

from traffic.aws.plain_calls import skip_model


class Wire:
    """A client as the functions have theirs; *answer* takes operation and body.

    *own_s* is the CPU that each answer took here, which is not the caller's.
    """

    def __init__(self, answer: Callable[[str, Any], Any], config: Config) -> None:
        self._answer = answer
        self.own_s: list[float] = []  # appended to by several threads
        self.client = client(config, self._sent)
        skip_model(self.client)

    def _sent(self, request: Any, **_more: Any) -> AWSResponse:
        begun = time.thread_time()
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        answer = self._answer(operation, json.loads(request.body))
        arrived = response(json.dumps(answer, default=base64_text).encode())
        self.own_s.append(time.thread_time() - begun)
        return arrived


def client(config: Config, sent: Callable[..., AWSResponse]) -> Any:
    """A client whose requests *sent* answers."""
    dynamodb = boto3.client(
        "dynamodb",
        "us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",  # noqa: S106 - it opens nothing
        config=config,
    )
    dynamodb.meta.events.register("before-send.dynamodb", sent)
    return dynamodb


def response(body: bytes, status: int = 200) -> AWSResponse:
    """The answer of a service, as botocore takes it off the wire."""
    return AWSResponse("https://dynamodb", status, HeadersDict(), _Arriving(body))


class _Arriving(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        """Return all of them."""
        yield self.read()


def base64_text(value: bytes) -> str:
    """Bytes as DynamoDB writes them."""
    return base64.b64encode(value).decode()
