"""No other site's page reaches the local map; the emulator refuses them alike."""

from __future__ import annotations

from collections.abc import Mapping

OTHER_SITES = ("cross-site", "same-site")


def refusal(headers: Mapping[str, str], host: str) -> str | None:
    """Why a request to *host* is refused; None if the map's own page or a person asks.

    The browser writes these headers, and no page can change them. `localhost` is
    accepted, since no DNS answers for it.
    """
    given = {name.lower(): value for name, value in headers.items()}
    port = host.rpartition(":")[2]
    if given.get("host") not in (host, f"localhost:{port}"):
        return f"expected Host {host}"
    if given.get("origin", f"http://{host}") != f"http://{host}":
        return "expected no Origin, or the map's own"
    if given.get("sec-fetch-site") in OTHER_SITES:
        return f"expected no link from another site: type http://{host} yourself"
    return None


def length(headers: Mapping[str, str], most: int) -> int | None:
    """How many bytes of body follow; None where that cannot be known, or is too much.

    What is not read of a body would be taken for the next request.
    """
    given = {name.lower(): value for name, value in headers.items()}
    text = given.get("content-length", "0")
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if "transfer-encoding" in given or not is_number:
        return None
    return int(text) if int(text) <= most else None
