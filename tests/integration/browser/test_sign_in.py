"""Who is not signed in sees nothing; who is, sees no code or token in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from .canned_server import CONTROLLER, CannedServer
from .conftest import Open, painted


def test_the_page_signs_in_with_a_proof_and_keeps_the_code_out_of_the_address(
    tab: Open, server: CannedServer
) -> None:
    page = tab()
    page.goto(f"{server.address}/#segment=S2")
    painted(page)

    assert page.url == f"{server.address}/#segment=S2"
    assert page.locator("#sign-out").get_attribute("title") == CONTROLLER
    assert [p for p in server.asked if p.startswith("/api/") and "token" in p] == []
    expect(page.locator("#segment-name")).to_have_text("Street 2")


def test_a_code_that_the_page_did_not_ask_for_is_not_redeemed(
    tab: Open, server: CannedServer
) -> None:
    page = tab()
    page.goto(f"{server.address}/?code=stolen&state=forged")

    expect(page.locator("#sign-in-why")).to_contain_text("not begun on this page")
    assert "/oauth2/token" not in server.asked
    assert page.url == f"{server.address}/"


def test_a_token_in_the_address_is_neither_used_nor_kept(
    tab: Open, server: CannedServer
) -> None:
    page = tab()
    page.goto(f"{server.address}/#token=forged&theme=light")
    painted(page)

    assert page.url == f"{server.address}/#theme=light"
    assert "forged" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_a_refused_sign_in_is_told_and_can_be_tried_again(
    tab: Open, server: CannedServer
) -> None:
    page = tab()
    page.goto(f"{server.address}/?error=access_denied&error_description=No+such+user")
    expect(page.locator("#sign-in-why")).to_have_text(
        "Signing in failed: No such user."
    )
    page.get_by_role("button", name="Sign in").click()

    painted(page)


def test_who_is_refused_right_after_signing_in_is_not_sent_round_in_circles(
    live: Open, server: CannedServer
) -> None:
    page = live()
    server.sign_in.tokens.clear()

    expect(page.locator("#sign-in-why")).to_contain_text("did not accept")
    expect(page.get_by_role("button", name="Sign in")).to_be_focused()


def test_a_session_that_ended_signs_in_again_by_itself(
    live: Open, server: CannedServer
) -> None:
    page = live("/#segment=S1")
    page.evaluate("""() => {
        const key = "city-traffic-session"
        const session = JSON.parse(sessionStorage[key])
        sessionStorage[key] = JSON.stringify({...session, began_at: 0})
    }""")
    server.sign_in.tokens.clear()
    with page.expect_navigation(url=f"{server.address}/?code=*"):
        pass
    painted(page)

    assert page.url == f"{server.address}/#segment=S1"


def test_a_token_is_renewed_before_it_ends(tab: Open, server: CannedServer) -> None:
    server.sign_in.lasts_s = 60  # less than the two minutes at which it is renewed
    page = tab()
    page.goto(server.address)
    painted(page)

    assert server.asked.count("/oauth2/token") >= 2
    expect(page.locator("#sign-in")).to_be_hidden()


def test_signing_out_forgets_the_token(live: Open, server: CannedServer) -> None:
    page = live()
    before = page.evaluate(
        "JSON.parse(sessionStorage['city-traffic-session']).id_token"
    )
    page.get_by_role("button", name="Sign out").click()
    painted(page)  # the canned sign-in lets the next one in at once
    after = page.evaluate("JSON.parse(sessionStorage['city-traffic-session']).id_token")

    assert [p.split("?")[0] for p in server.asked].count("/logout") == 1
    assert after != before


def signed_out(page: Page, address: str) -> None:
    """Press the button, and wait until the sign-out has led back and in again."""
    with page.expect_navigation(url=f"{address}/?code=*"):
        page.get_by_role("button", name="Sign out").click()
    painted(page)


def test_signing_out_ends_the_refresh_token(
    live: Open, server: CannedServer, eventually: Callable[..., Any]
) -> None:
    page = live()
    (token,) = server.sign_in.refresh_tokens
    signed_out(page, server.address)

    assert eventually(lambda: token not in server.sign_in.refresh_tokens)
    renewal = {"grant_type": "refresh_token", "refresh_token": token}
    assert server.sign_in.redeem(renewal) is None


def test_signing_out_waits_for_no_sign_in_that_does_not_answer(
    live: Open, server: CannedServer
) -> None:
    page = live()
    server.revoking.clear()
    signed_out(page, server.address)

    assert [p.split("?")[0] for p in server.asked].count("/logout") == 1


def test_signing_out_goes_on_where_revoking_fails(
    live: Open, server: CannedServer
) -> None:
    page = live()
    page.route("**/oauth2/revoke", lambda route: route.abort())
    signed_out(page, server.address)

    assert [p.split("?")[0] for p in server.asked].count("/logout") == 1
