"""A sign-in at the local city, whose page is a plain form, as a browser's."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPMessage, HTTPResponse
from typing import IO, Any

from trafficctl.errors import CityError

SCOPE = "openid email"
TIMEOUT_S = 60.0


def tokens(
    endpoint: str, client_id: str, redirect: str, email: str, password: str
) -> dict[str, Any]:
    """Sign in by code and PKCE, and return all that is given.

    Raises CityError if the sign-in is refused.
    """
    verifier = secrets.token_urlsafe(48)
    request = authorization(client_id, redirect, verifier)
    form = {**request, "username": email, "password": password}
    place = posted(f"{endpoint}/login", form).get("Location", "")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(place).query)
    if "code" not in query:
        raise CityError(f"the sign-in at {endpoint} refused {email}: wrong password?")
    exchange = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "code": query["code"][0],
        "code_verifier": verifier,
    }
    with opened(f"{endpoint}/oauth2/token", exchange) as answer:
        return dict(json.load(answer))


def authorization(client_id: str, redirect: str, verifier: str) -> dict[str, str]:
    """The parameters of an authorization request with PKCE (S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": SCOPE,
        "state": "",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


def posted(url: str, form: Mapping[str, str]) -> HTTPMessage:
    with opened(url, form) as answer:
        return answer.headers


def opened(url: str, form: Mapping[str, str]) -> HTTPResponse:
    request = urllib.request.Request(  # noqa: S310 - http://, on this machine
        url, data=urllib.parse.urlencode(form).encode()
    )
    try:
        answer: HTTPResponse = OPENER.open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as exc:
        raise CityError(f"{url} refused: {exc.read().decode()[:200]}") from exc
    return answer


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Does not follow redirects: the redirect carries the code."""

    def http_error_302(
        self,
        _req: urllib.request.Request,
        fp: IO[bytes],
        _code: int,
        _msg: str,
        _headers: HTTPMessage,
    ) -> Any:
        return fp


OPENER = urllib.request.build_opener(NoRedirect)
