"""The drill of docs/guides/restore.md, line by line, on the local city's own table."""

from __future__ import annotations

import re
import shlex
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[3] / "docs/guides/restore.md").read_text()
(BLOCK,) = re.findall(r"```\n(WHEN=.*?)```", PAGE, re.S)
ROW = {"segment_id": {"S": "drill"}, "minute": {"S": "2026-11-21T12:00Z"}}
LATER = {"segment_id": {"S": "drill"}, "minute": {"S": "2026-11-22T12:00Z"}}
FLAGS = {
    "no-deletion-protection-enabled": {"DeletionProtectionEnabled": False},
    "deletion-protection-enabled": {"DeletionProtectionEnabled": True},
}


def call(client: Any, line: str) -> Any:
    """Do what one line of the AWS CLI says, whose answer may fill a variable."""
    command = re.sub(r"^\w+=\$\((.*) --query .*\)$", r"\1", line)
    _, service, *words = shlex.split(command, comments=True)
    assert service == "dynamodb"
    waits = words.pop(0) if words[0] == "wait" else ""
    operation, options = words[0].replace("-", "_"), arguments(words[1:])
    if waits:
        return client.get_waiter(operation).wait(**options)
    return getattr(client, operation)(**options)


def arguments(words: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while words:
        name = words.pop(0).removeprefix("--")
        if name in FLAGS:
            found |= FLAGS[name]
        else:
            camel = "".join(part.capitalize() for part in name.split("-"))
            found[camel] = value(words.pop(0))
    return found


def value(word: str) -> Any:
    """A plain word, or the CLI's shorthand for a structure."""
    if not re.fullmatch(r"\w+=\w+(,\w+=\w+)*", word):
        return word
    pairs = dict(part.split("=") for part in word.split(","))
    return {key: text == "true" or text for key, text in pairs.items()}


def test_the_lines_bring_a_table_back_under_its_own_name(local_city: Any) -> None:
    client = local_city.client("dynamodb")
    table = local_city.outputs["SegmentHistoryTable"]
    before = client.describe_table(TableName=table)["Table"]
    client.put_item(TableName=table, Item=ROW)
    known = {"WHEN": str(datetime.now(timezone.utc) + timedelta(seconds=1))}
    known |= {"TABLE": table}
    lines = re.sub(r"^WHEN=.*\n", "", BLOCK).splitlines()
    for line in lines:
        if "create-backup" in line:  # what was written since is not in the copy
            client.put_item(TableName=table, Item=LATER)
        for name in sorted(known, key=len, reverse=True):
            line = line.replace(f"${name}", shlex.quote(known[name]))  # noqa: PLW2901
        answer = call(client, line)
        if "BackupDetails" in (answer or {}):
            known["BACKUP"] = answer["BackupDetails"]["BackupArn"]

    after = client.describe_table(TableName=table)["Table"]
    assert "Item" in client.get_item(TableName=table, Key=ROW)
    assert "Item" not in client.get_item(TableName=table, Key=LATER)
    for told in ("KeySchema", "TableArn", "SSEDescription"):
        assert after.get(told) == before.get(told)
    ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "expires_at"
    assert f"{table}-restored" not in client.list_tables()["TableNames"]
    client.update_table(TableName=table, DeletionProtectionEnabled=False)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("Enabled=true,AttributeName=a_b", {"Enabled": True, "AttributeName": "a_b"}),
        ("2026-11-22T06:00:00Z", "2026-11-22T06:00:00Z"),
    ],
)
def test_shorthand_is_read_as_the_cli_reads_it(word: str, found: Any) -> None:
    assert value(word) == found
