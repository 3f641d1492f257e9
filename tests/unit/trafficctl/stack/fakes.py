"""Accounts that answer as they are told, and refuse everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

Answers = dict[tuple[str, str], Any]
# A bucket of packages that is there, and lets itself be closed.
BUCKET: Answers = {
    ("s3", "head_bucket"): {},
    ("s3", "put_public_access_block"): {},
    ("s3", "put_bucket_encryption"): {},
    ("s3", "put_bucket_policy"): {},
}


def refusal(code: str, message: str = "") -> ClientError:
    """An error as AWS sends it."""
    return ClientError({"Error": {"Code": code, "Message": message or code}}, "Asked")


class NoSuchResourceException(ClientError):  # noqa: N818 - AWS's name for it
    """What Service Quotas says of a code it does not know."""


@dataclass
class FakeSession:
    """A boto3 session: answers by service and operation; an exception is raised.

    A callable is called with what was asked. `asked` remembers every request.
    """

    answers: Answers
    region_name: str | None = "eu-central-1"
    endpoint: str | None = None
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def client(self, service: str, **_options: Any) -> FakeClient:
        """A client of that service."""
        return FakeClient(self, service)


class FakeClient:
    """A client whose operations answer what the session was told."""

    def __init__(self, session: FakeSession, service: str) -> None:
        self._session, self._service = session, service
        self.meta = SimpleNamespace(
            region_name=session.region_name,
            endpoint_url=session.endpoint
            or f"https://{service}.{session.region_name}.amazonaws.com",
            partition="aws",
        )
        self.exceptions = SimpleNamespace(
            NoSuchResourceException=NoSuchResourceException
        )

    def __getattr__(self, operation: str) -> Any:
        """The operation of that name."""

        def ask(**asked: Any) -> Any:
            self._session.asked.append((self._service, operation, asked))
            answer = self._session.answers.get(
                (self._service, operation), refusal("AccessDeniedException")
            )
            if callable(answer):
                answer = answer(**asked)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return ask

    def get_paginator(self, operation: str) -> Any:
        """All in one page."""

        def paginate(**asked: Any) -> Iterator[Any]:
            yield getattr(self, operation)(**asked)

        return SimpleNamespace(paginate=paginate)


def quotas(values: Mapping[str, tuple[str, float]]) -> Any:
    """`get_service_quota` of an account: name and value of each code."""

    def get(*, QuotaCode: str, **_asked: Any) -> Any:  # noqa: N803 - as boto3 has it
        if QuotaCode not in values:
            return NoSuchResourceException({"Error": {"Code": "NoSuch"}}, "Get")
        name, value = values[QuotaCode]
        quota = {"QuotaCode": QuotaCode, "QuotaName": name, "Value": value}
        return {"Quota": quota}

    return get
