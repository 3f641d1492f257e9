"""`trafficctl feeds`: gets a machine's token for the feeds, as other systems do."""

from __future__ import annotations

import argparse
import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from trafficctl.aws import session as aws
from trafficctl.aws.session import is_loopback
from trafficctl.cli import options, output
from trafficctl.errors import OK, CityError, UserError
from trafficctl.local.cloud import session_for

SCOPE = "feeds/read"
CLIENT = "FeedReaderClientId"
TIMEOUT_S = 10.0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command feeds."""
    parser = subparsers.add_parser(
        "feeds",
        help="print a token for the feeds",
        description="Print a token by which a program reads the feeds for an hour "
        "without a person's sign-in, and say where they are. The stack needs the "
        "parameter MachineFeeds=true.",
    )
    options.add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the token; UserError if the stack lets no machine in."""
    session = session_for(args.stack)
    outputs = aws.stack_outputs(session, args.stack)
    cognito = aws.client(session, "cognito-idp")
    endpoint = cognito.meta.endpoint_url
    is_local = is_loopback(endpoint)
    client_id = client_of(args.stack, outputs, is_local)
    domain = endpoint if is_local else outputs["UserPoolDomain"]
    grant = token(domain, client_id, secret_of(cognito, outputs))
    output.say(
        f"a token for {address(outputs, endpoint)}, for {grant['expires_in']} s:"
    )
    print(grant["access_token"])
    return OK


def client_of(stack: str, outputs: Mapping[str, str], is_local: bool) -> str:
    """The id of the machines' client. UserError if the stack has none."""
    if CLIENT in outputs:
        return outputs[CLIENT]
    command = "up" if is_local else "deploy"
    raise UserError(
        f"{stack} lets no machine read its feeds - "
        f"`trafficctl {command} --parameter MachineFeeds=true` changes that"
    )


def secret_of(cognito: Any, outputs: Mapping[str, str]) -> str:
    """The secret of the machines' client."""
    client = cognito.describe_user_pool_client(
        UserPoolId=outputs["UserPoolId"], ClientId=outputs[CLIENT]
    )
    return str(client["UserPoolClient"]["ClientSecret"])


def address(outputs: Mapping[str, str], endpoint: str) -> str:
    """Where the feeds are; those of a local city need no `trafficctl map`."""
    if not is_loopback(endpoint):
        return f"{outputs['LiveUrl']}feeds/"
    port = urlsplit(endpoint).port
    return f"http://{outputs['LiveApiId']}.execute-api.localhost:{port}/feeds/"


def token(domain: str, client_id: str, secret: str) -> dict[str, Any]:
    """A new token: `access_token` and `expires_in` (s). CityError if it is refused."""
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    request = urllib.request.Request(  # noqa: S310 - the sign-in of the stack
        f"{domain}/oauth2/token",
        data=urllib.parse.urlencode(form).encode(),
        headers={"Authorization": f"Basic {basic}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as exc:
        reason = exc.read().decode()[:200]
        raise CityError(f"{domain} gives no token for the feeds: {reason}") from exc
    except urllib.error.URLError as exc:
        raise CityError(f"{domain} cannot be reached: {exc.reason}") from exc
