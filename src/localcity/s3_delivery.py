"""Objects that AWS services write into a bucket with a role."""

from __future__ import annotations

from ministack.core.responses import request_scope
from ministack.services import s3

from localcity.iam import roles


class ActionError(Exception):
    """An action could not be carried out; its text reaches the error action."""


def put_object(actor: roles.Actor, bucket: str, key: str, body: bytes) -> None:
    """Write an object as a service does with a role; RefusedError or ActionError."""
    roles.require(actor, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
    with request_scope(actor.account, actor.region):
        headers = s3._bucket_default_sse_headers(bucket)
        kms_key = headers.get("x-amz-server-side-encryption-aws-kms-key-id")
        if kms_key:
            roles.require_key(actor, "kms:GenerateDataKey", kms_key, "s3")
        status, _headers, answer = s3._put_object(bucket, key, body, {})
    if status >= 400:
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        raise ActionError(f"PutObject to {bucket}/{key}: {status} {text}")
