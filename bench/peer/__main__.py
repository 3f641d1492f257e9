"""`make bench-peer`: the processor beside Powertools and pydantic."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.machine import described
from trafficctl.cli.output import Column, number, say, show, table

from .pythons import NAMES, ROOT, equipped
from .shapes import SizeError, sizes_of

RESULT = ROOT / "build" / "bench-peer.json"


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Measure under each Python that is here, print a table and write the rows."""
    try:
        sizes_of(environment)
    except SizeError as error:
        say(str(error))
        return 2
    rows = []
    for _, python in equipped(NAMES, environment):
        rows += under(python, environment)
    if rows:
        show_rows(rows)
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        machine = described()
        written = [{**row, "machine": machine} for row in rows]
        RESULT.write_text(json.dumps(written, indent=2) + "\n")
    return 0


def under(python: Path, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows under one Python."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    command = [str(python), "-m", "bench.peer.measure"]
    env = {**environment, "PYTHONPATH": path}
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def show_rows(rows: list[dict[str, Any]]) -> None:
    """Print the table, with the machine and the versions of what was compared."""
    print(described())
    for versions in {
        json.dumps(row["versions"]): row["versions"] for row in rows
    }.values():
        print(", ".join(f"{name} {version}" for name, version in versions.items()))
    headers = ("ours", "peer", "ours / peer", "floor")
    columns = [Column("Python"), Column("per message", number=True)]
    columns += [Column("segments", number=True)]
    columns += [Column(header, number=True) for header in headers]
    cells = [
        (
            row["python"],
            number(row["per_message"]),
            number(row["segments"]),
            number(row["ours"]),
            number(row["peer"]),
            number(row["ratio"], 2),
            number(row["floor"]),
        )
        for row in rows
    ]
    title = "Beside Powertools and pydantic: readings per vCPU-second"
    show(table(columns, cells, title=title))


if __name__ == "__main__":
    sys.exit(main())
