"""A boto3 session for one local city, whatever the environment says."""

from __future__ import annotations

from typing import Any

import boto3

from trafficctl.local.keys import Keys


class LocalSession(boto3.session.Session):  # type: ignore[misc] # boto3 has no types
    """A session with an endpoint: boto3 takes one only per client."""

    def __init__(self, endpoint: str, region: str, keys: Keys) -> None:
        super().__init__(
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            region_name=region,
        )
        self._endpoint = endpoint

    def client(self, *args: Any, **options: Any) -> Any:
        """A client of the local city."""
        options.setdefault("endpoint_url", self._endpoint)
        return super().client(*args, **options)

    def resource(self, *args: Any, **options: Any) -> Any:
        """A resource of the local city."""
        options.setdefault("endpoint_url", self._endpoint)
        return super().resource(*args, **options)
