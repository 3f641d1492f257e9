"""`trafficctl map`: the live map of a local city, signed in; its address on AWS."""

from __future__ import annotations

import argparse
import os
import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from trafficctl.aws import session as aws
from trafficctl.aws.session import is_loopback
from trafficctl.cli import options, output
from trafficctl.errors import OK, CityError
from trafficctl.local.cloud import session_for
from trafficctl.local.ports import MAP_PORT, check_port
from trafficctl.local.process import running
from trafficctl.local.state_dir import home
from trafficctl.map.proxy import Proxy, ProxyTarget
from trafficctl.users import command as users

CONTROLLER = "map@city.example"
LOOK_EVERY_S = 1.0
# An update of the client resets these fields unless they are repeated.
CLIENT_FIELDS = (
    "ExplicitAuthFlows",
    "SupportedIdentityProviders",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "AllowedOAuthFlowsUserPoolClient",
    "CallbackURLs",
    "LogoutURLs",
    "RefreshTokenRotation",
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command map."""
    parser = subparsers.add_parser(
        "map",
        help="open the live map",
        description="Serve the live map of the local city on this machine until "
        f"Ctrl-C, signed in as {CONTROLLER}, and open it in the browser. For a stack "
        "on AWS, print the address of the map.",
    )
    options.add_common(parser)
    parser.add_argument(
        "--port",
        type=options.port,
        metavar="PORT",
        help=f"port of the local city's map (default: that of SiteUrl, {MAP_PORT})",
    )
    parser.add_argument(
        "--no-open",
        action="store_true",
        help="print the address without opening a browser",
    )
    parser.add_argument(
        "--sign-in",
        action="store_true",
        help="require sign-in with an e-mail address and password (`trafficctl users`)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve the local city's map until Ctrl-C; on AWS, print its address."""
    session = session_for(args.stack)
    outputs = aws.stack_outputs(session, args.stack)
    endpoint = aws.client(session, "cloudformation").meta.endpoint_url
    if not is_loopback(endpoint):
        output.say("`trafficctl users list` shows who may sign in")
        print(outputs["LiveUrl"])
        return OK
    port = args.port or port_of(outputs["LiveUrl"])
    check_port(port, "--port", lambda _port: "")
    proxy = Proxy(port, _target(session, endpoint, outputs, args.sign_in))
    try:
        allow_redirect(session, outputs, proxy.address)
        _show(args, proxy.address)
        wait(_life(args.stack, endpoint), args.stack)
    finally:
        proxy.close()
    return OK


def port_of(live_url: str) -> int:
    """The port in the map's address, if it is on this machine."""
    port = urlsplit(live_url).port if is_loopback(live_url) else None
    return port or MAP_PORT


def _target(
    session: Any, endpoint: str, outputs: Mapping[str, str], sign_in: bool
) -> ProxyTarget:
    if sign_in:
        return ProxyTarget(endpoint, outputs["LiveApiId"])
    password = users.random_password()
    users.create_controller(session, outputs, CONTROLLER, password)
    return ProxyTarget(endpoint, outputs["LiveApiId"], CONTROLLER, password)


def allow_redirect(session: Any, outputs: Mapping[str, str], address: str) -> None:
    """Allow the sign-in to redirect to *address*, as the parameter SiteUrl does."""
    cognito = aws.client(session, "cognito-idp")
    name = {
        "UserPoolId": outputs["UserPoolId"],
        "ClientId": outputs["UserPoolClientId"],
    }
    client = cognito.describe_user_pool_client(**name)["UserPoolClient"]
    url = f"{address}/"
    if url in client["CallbackURLs"]:
        return
    settings = {field: client[field] for field in CLIENT_FIELDS if field in client}
    for field in ("CallbackURLs", "LogoutURLs"):
        settings[field] = [*client.get(field, []), url]
    cognito.update_user_pool_client(**name, **settings)


def _show(args: argparse.Namespace, address: str) -> None:
    who = "with sign-in" if args.sign_in else f"signed in as {CONTROLLER}"
    output.say(f"live map of {args.stack}, {who} (Ctrl-C to stop):")
    print(address, flush=True)
    if not args.no_open and may_open(sys.platform, os.environ):
        webbrowser.open(address)


def may_open(platform: str, environ: Mapping[str, str]) -> bool:
    """Whether there is a screen: a text browser cannot show the map."""
    if platform == "darwin":
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _life(stack: str, endpoint: str) -> Callable[[], bool]:
    """A function that says whether the city is running; without a record, True."""
    directory = home(stack)
    city = running(directory)
    if city is None or city.endpoint != endpoint:
        return lambda: True
    return lambda: running(directory) == city


def wait(
    lives: Callable[[], bool], stack: str, look_every_s: float = LOOK_EVERY_S
) -> None:
    """Wait for Ctrl-C. CityError if the city stops first."""
    try:
        while lives():
            time.sleep(look_every_s)
    except KeyboardInterrupt:
        output.say(f"stopped the map; the city {stack} keeps running")
        return
    raise CityError(f"the local city {stack} has stopped - `trafficctl up` starts it")
