"""CPU time of a process and its children, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def cpu_seconds(root: int) -> dict[int, float] | None:
    """CPU seconds so far of process *root* and of each below it; None if not on Linux.

    A process's own, and those of its ended children.
    """
    if not (PROC / "self" / "stat").exists():
        return None
    stats = dict(filter(None, map(_stat, PROC.glob("[0-9]*"))))
    below = {root}
    while True:
        more = {pid for pid, (parent, _) in stats.items() if parent in below} - below
        if not more:
            break
        below |= more
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    return {pid: stats[pid][1] * tick_s for pid in below if pid in stats}


def _stat(directory: Path) -> tuple[int, tuple[int, int]] | None:
    """Process, its parent, and its ticks with those of its ended children."""
    try:
        text = (directory / "stat").read_text()
    except OSError:
        return None  # it ended meanwhile
    fields = text.rpartition(")")[2].split()
    return int(directory.name), (int(fields[1]), sum(map(int, fields[11:15])))
