"""The AWS CLI as far as the runbook on lost dead letters needs it, by boto3."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import jmespath

COMMAND = (
    f'aws() {{ "{sys.executable}" -m tests.integration.trafficctl.redrive.aws "$@"; }}'
)


def main(service: str, operation: str, *words: str) -> None:
    """Call the operation with the options, and print what `--query` asks for."""
    options = dict(zip(words[::2], words[1::2], strict=True))
    query, form = options.pop("--query", "@"), options.pop("--output", "json")
    given = {}
    if "--cli-input-json" in options:
        file = options.pop("--cli-input-json").removeprefix("file://")
        given = json.loads(Path(file).read_text())
    client = boto3.client(service)  # type: ignore[call-overload] # of any service
    name = client.meta.method_to_api_mapping[operation.replace("-", "_")]
    shape = client.meta.service_model.operation_model(name).input_shape
    members = {one.lower(): one for one in shape.members}
    for option, value in options.items():
        given[members[option.strip("-").replace("-", "")]] = value
    answer = getattr(client, operation.replace("-", "_"))(**given)
    found = jmespath.search(query, answer)
    print(_text(found) if form == "text" else json.dumps(found, default=str))


def _text(found: Any) -> str:
    return "\t".join(map(str, found)) if isinstance(found, list) else str(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
