"""Topics of SNS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import PublishError
from .notification import Notification


class Topics:
    """The topic of each audience."""

    def __init__(self, client: Any, arns: Mapping[str, str]) -> None:
        self._client, self._arns = client, arns

    def publish(self, notification: Notification) -> None:
        """Publish to the audience's topic; raises PublishError."""
        arn = self._arns[notification.audience]
        try:
            self._client.publish(
                TopicArn=arn, Subject=notification.subject, Message=notification.body
            )
        except (BotoCoreError, ClientError) as error:
            raise PublishError(f"topic {arn}: {error}") from error
