"""What ARNs say of certificates, and of where things are. Pure."""

from __future__ import annotations

BEFORE_THE_NAME = 5  # parts: arn, partition, service, Region, account


def is_certificate(arn: str) -> bool:
    """Whether a principal of IoT Core is a certificate."""
    return ":cert/" in arn


def id_of(arn: str) -> str:
    """The id of the certificate with that ARN."""
    return arn.rpartition("/")[2]


def account_and_region(arn: str) -> tuple[str, str] | None:
    """The account and the Region that an ARN names, None if it is none."""
    parts = arn.split(":")
    return (parts[4], parts[3]) if len(parts) > BEFORE_THE_NAME else None
