"""The bucket of the dead letters."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import DeadLetterError


class DeadLetterStore:
    """Keeps dead letters as objects of JSON lines."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def keep(self, key: str, body: bytes) -> None:
        """Write an object; raises DeadLetterError."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType="application/x-ndjson",
            )
        except (BotoCoreError, ClientError) as error:
            raise DeadLetterError(f"s3 {self._bucket}: {error}") from error
