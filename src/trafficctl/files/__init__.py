"""The repository's files that the tool reads, from a checkout or a wheel.

This folder holds symbolic links: a checkout reads the files themselves, and a wheel
contains copies, because a build follows links.
"""

from __future__ import annotations

from pathlib import Path

FILES = Path(__file__).parent
TEMPLATE = FILES / "template.yaml"
METR_LA = FILES / "metr-la"
