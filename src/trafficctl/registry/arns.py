"""Parts of ARNs. Pure."""

from __future__ import annotations

BEFORE_THE_NAME = 5  # parts: arn, partition, service, Region, account


def is_certificate(arn: str) -> bool:
    """Whether an IoT Core principal is a certificate."""
    return ":cert/" in arn


def id_of(arn: str) -> str:
    """The id of the certificate with that ARN."""
    return arn.rpartition("/")[2]


def account_and_region(arn: str) -> tuple[str, str] | None:
    """The account and the Region of an ARN, None if it is not an ARN."""
    parts = arn.split(":")
    return (parts[4], parts[3]) if len(parts) > BEFORE_THE_NAME else None
