"""Keys that a template gives to streams, buckets, topics, so that roles need them."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ministack.services import kinesis, s3, sns
from ministack.services.cloudformation import provisioners

from localcity.cloudformation.properties import NEEDED, also_set
from localcity.patching import Patch


def _encrypt_stream(name: str, props: dict[str, Any]) -> None:
    wanted = props.get("StreamEncryption")
    if wanted:
        chosen = {key: wanted[key] for key in ("EncryptionType", "KeyId")}
        kinesis._start_stream_encryption({"StreamName": name, **chosen})


def _encrypt_bucket(name: str, props: dict[str, Any]) -> None:
    wanted = props.get("BucketEncryption")
    if wanted:
        (rule,) = wanted["ServerSideEncryptionConfiguration"]
        s3._put_bucket_encryption(name, _as_xml(rule["ServerSideEncryptionByDefault"]))


def _encrypt_topic(arn: str, props: dict[str, Any]) -> None:
    attributes = sns._topics[arn]["attributes"]
    attributes.pop("KmsMasterKeyId", None)
    if props.get("KmsMasterKeyId"):
        attributes["KmsMasterKeyId"] = props["KmsMasterKeyId"]


def _as_xml(default: dict[str, str]) -> bytes:
    inner = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in sorted(default.items()))
    by_default = f"<ApplyServerSideEncryptionByDefault>{inner}"
    by_default += "</ApplyServerSideEncryptionByDefault>"
    root = "ServerSideEncryptionConfiguration"
    return f"<{root}><Rule>{by_default}</Rule></{root}>".encode()


PATCHES = (
    Patch(
        "stream encryption",
        "CloudFormation ignores StreamEncryption, so no role needs the key",
        [(kinesis, "_start_stream_encryption"), NEEDED],
        [
            (provisioners, "_kinesis_stream_create", "7954dbe7b506"),
            (provisioners, "_kinesis_stream_update", "5e7231c25426"),
        ],
        also_set("AWS::Kinesis::Stream", _encrypt_stream),
    ),
    Patch(
        "bucket encryption",
        "CloudFormation ignores BucketEncryption, so no role needs the key",
        [(s3, "_put_bucket_encryption"), NEEDED],
        [
            (provisioners, "_s3_create", "477b78a3cb15"),
            (provisioners, "_s3_update", "1d4f3f6390bb"),
        ],
        also_set("AWS::S3::Bucket", _encrypt_bucket),
    ),
    Patch(
        "topic encryption",
        "CloudFormation ignores KmsMasterKeyId, so no role needs the key",
        [(sns, "_topics"), NEEDED],
        [
            (provisioners, "_sns_create", "0a96666a036a"),
            (provisioners, "_sns_update", "a29cbf08e7b5"),
        ],
        also_set("AWS::SNS::Topic", _encrypt_topic),
    ),
)
