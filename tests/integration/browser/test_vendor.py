"""What is shipped of others is what they released, with their licence."""

from __future__ import annotations

import hashlib
import re

from traffic.live_map.assets import WEB

VENDOR = WEB / "vendor"


def test_every_vendored_file_has_its_checksum_and_no_other_lies_there() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = [path for path in VENDOR.rglob("*") if path.is_file()]
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in files
        if path.name != "SHA256SUMS"
    }

    assert found == told


def test_the_map_library_comes_with_its_licence_under_the_version_it_states() -> None:
    (folder,) = [path for path in VENDOR.iterdir() if path.is_dir()]
    version = folder.name.rpartition("-")[2]
    head = (folder / "maplibre-gl.mjs").read_text()[:300]

    assert f"blob/v{version}/LICENSE.txt" in head
    assert "MapLibre contributors" in (folder / "LICENSE.txt").read_text()


def test_the_page_loads_nothing_from_elsewhere() -> None:
    ours = [WEB / "index.html", *(WEB / "app").iterdir()]
    named = {
        place
        for path in ours
        for place in re.findall(r"https?://[\w./-]+", path.read_text())
    }

    assert named == {"http://www.w3.org/2000/svg"}  # a name, not a place
