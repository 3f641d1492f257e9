"""The page's files arrive whole, small, and only when they are news."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path
from typing import Any

import pytest

from traffic.live_map.assets import WEB, FolderAssets
from traffic.live_map.page import cache_control
from traffic.live_map.responses import takes_gzip

from .fakes import City, FakeAssets

LONG = b"let x = 1;\n" * 200
FILES = {
    "index.html": b"<!doctype html>",
    "app/map.js": LONG,
    "vendor/icon.png": b"\x89PNG" * 1000,
    "vendor/lib-4.7.1.js": b"lib",
    "vendor/glyphs": b"?",
}


@pytest.fixture
def city() -> City:
    return City(assets=FakeAssets(FILES))


def get(city: City, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: dict[str, Any] = city.ask(path, headers=named, claims=None)
    body = answer["body"]
    whole = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return answer["statusCode"], answer["headers"], whole


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/app/map.js", "app/map.js", "text/javascript; charset=utf-8"),
        ("/vendor/icon.png", "vendor/icon.png", "image/png"),
        ("/vendor/glyphs", "vendor/glyphs", "application/octet-stream"),
    ],
)
def test_a_file_arrives_as_it_is_with_its_type(
    city: City, path: str, name: str, kind: str
) -> None:
    status, headers, body = get(city, path)

    assert (status, body, headers["content-type"]) == (200, FILES[name], kind)


def test_a_long_text_arrives_compressed_a_picture_does_not(city: City) -> None:
    _, headers, body = get(city, "/app/map.js", Accept_Encoding="gzip")
    assert (headers["content-encoding"], gzip.decompress(body)) == ("gzip", LONG)
    assert len(body) < len(LONG) / 10

    _, headers, body = get(city, "/vendor/icon.png", Accept_Encoding="gzip")
    assert ("content-encoding" in headers, body) == (False, FILES["vendor/icon.png"])


def test_what_the_viewer_holds_is_not_sent_again(city: City) -> None:
    _, headers, _ = get(city, "/app/map.js", Accept_Encoding="gzip")
    tag = headers["etag"]

    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = get(city, "/app/map.js", Accept_Encoding="gzip", If_None_Match=held)
        assert (again[0], again[1]["etag"], again[2]) == (304, tag, b"")


def test_another_form_of_a_file_has_another_tag(city: City) -> None:
    tag = get(city, "/app/map.js", Accept_Encoding="gzip")[1]["etag"]

    status, headers, body = get(city, "/app/map.js", If_None_Match=tag)
    assert (status, body) == (200, LONG)
    assert headers["etag"] != tag


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "no-cache"),
        ("app/map.js", "no-cache"),
        ("vendor/lib-4.7.1.js", "public, max-age=31536000, immutable"),
    ],
)
def test_only_a_name_with_a_version_is_good_for_ever(name: str, expected: str) -> None:
    assert cache_control(name) == expected


@pytest.mark.parametrize(
    ("accepted", "is_taken"),
    [
        ("gzip", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("*", True),
        ("GZIP", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("", False),
    ],
)
def test_a_viewer_says_whether_it_takes_gzip(accepted: str, is_taken: bool) -> None:
    assert takes_gzip({"accept-encoding": accepted}) is is_taken


def test_nothing_outside_the_folder_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    web = tmp_path / "web"
    (web / "app").mkdir(parents=True)
    (web / "app" / "a.js").write_text("a")
    assets = FolderAssets(web)

    found = [
        name
        for name in (
            "../secret.txt",
            "app/../../secret.txt",
            str(tmp_path / "secret.txt"),
            "app",
            "app/a.js\0",
            "app//a.js",
            "app/a.js",
        )
        if assets.page(name)
    ]
    assert found == ["app/a.js"]


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("a")
    before = FolderAssets(tmp_path).version()
    assert FolderAssets(tmp_path).version() == before

    (tmp_path / "a.js").write_text("b")
    assert FolderAssets(tmp_path).version() != before


def test_the_page_ships_beside_the_code() -> None:
    page = FolderAssets(WEB).page("index.html")

    assert page is not None
    assert page.body.lower().startswith(b"<!doctype html>")
