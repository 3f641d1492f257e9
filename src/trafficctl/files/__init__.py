"""The repository's files that the tool reads, in a checkout and in a wheel alike.

This folder holds links to them: a checkout reads the files themselves, and a wheel
carries copies, because a build follows links.
"""

from __future__ import annotations

from pathlib import Path

FILES = Path(__file__).parent
TEMPLATE = FILES / "template.yaml"
METR_LA = FILES / "metr-la"
