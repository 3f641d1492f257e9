"""A page of another site, in a real browser, gets nothing of a local city."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from trafficctl.local.process import City, start, stop
from trafficctl.map.proxy import Proxy, ProxyTarget

from .chromium import browser_or_skip

SITE = "site.evil.example"
# Each way by which a page sends a request: what it could read of the answer, if any.
ATTACK = """
async ([address, path]) => {
  const told = [];
  for (const options of [{}, {method: "POST", body: "x"}, {method: "DELETE"},
      {headers: {"x-amz-target": "DynamoDB_20120810.ListTables"}, method: "POST"}]) {
    await fetch(address + path, options).then(
      async (answer) => answer.ok && told.push(await answer.text()), () => 0);
    const blind = {...options, mode: "no-cors", headers: {}};
    await fetch(address + path, blind).catch(() => 0);
  }
  const image = new Image();
  const shown = new Promise((done) => { image.onload = image.onerror = done; });
  image.src = address + path;
  await shown;
  return told;
}
"""
FORM = """
([address, path]) => {
  const form = document.body.appendChild(document.createElement("form"));
  form.method = "POST"; form.enctype = "text/plain"; form.action = address + path;
  form.submit();
}
"""


class Anything(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title>")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """The port of a page that is not ours."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Anything)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def misled() -> Iterator[Browser]:
    """A browser for which a foreign name has this machine's address."""
    rule = "--host-resolver-rules=MAP *.evil.example 127.0.0.1"
    yield from browser_or_skip(rule)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, free_port: Any) -> Iterator[City]:
    home: Path = tmp_path_factory.mktemp("traffic") / "attacked"
    try:
        begun = start(home, free_port(), free_port())
        begun.session().client("s3").create_bucket(Bucket="plans")
        yield begun
    finally:
        stop(home)


@pytest.fixture(scope="module", params=["emulator", "map"])
def port(request: Any, city: City) -> Iterator[int]:
    """Where a local city listens for HTTP."""
    proxy = Proxy(0, ProxyTarget(city.endpoint, "api"))
    yield city.port if request.param == "emulator" else proxy.port
    proxy.close()


@pytest.fixture
def page(misled: Browser) -> Iterator[Page]:
    context = misled.new_context()
    yield context.new_page()
    context.close()


def answers(page: Page, port: int) -> list[Response]:
    """The list that fills with what the local city answers to the page."""
    found: list[Response] = []
    page.on("response", lambda one: found.append(one) if f":{port}/" in one.url else 0)
    return found


@pytest.mark.parametrize("path", ["/_ministack/health", "/_ministack/reset", "/plans"])
def test_a_page_of_another_site_reads_and_does_nothing(
    page: Page, site: int, port: int, city: City, path: str
) -> None:
    page.goto(f"http://{SITE}:{site}/")
    found = answers(page, port)

    assert page.evaluate(ATTACK, [f"http://127.0.0.1:{port}", path]) == []

    assert found
    assert {one.status for one in found} == {403}
    assert _buckets(city) == ["plans"]


def test_a_form_of_another_site_is_refused(
    page: Page, site: int, port: int, city: City
) -> None:
    page.goto(f"http://{SITE}:{site}/")
    found = answers(page, port)

    with page.expect_navigation():
        page.evaluate(FORM, [f"http://127.0.0.1:{port}", "/_ministack/reset"])

    assert [one.status for one in found if "favicon" not in one.url] == [403]
    assert _buckets(city) == ["plans"]


def test_a_page_whose_name_was_given_this_machines_address_is_refused(
    page: Page, port: int
) -> None:
    found = answers(page, port)

    page.goto(f"http://{SITE}:{port}/_ministack/health")
    told = page.evaluate(ATTACK, ["", "/_ministack/health"])

    assert told == []
    assert {one.status for one in found} == {403}


def _buckets(city: City) -> list[str]:
    return [b["Name"] for b in city.session().client("s3").list_buckets()["Buckets"]]
