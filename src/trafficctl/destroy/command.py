"""`trafficctl destroy`: delete a stack, and keep its data unless purged."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from trafficctl.aws import session as aws
from trafficctl.cli import options, output, prompts
from trafficctl.cli.output import KEY, Column
from trafficctl.destroy.removal import Holding, Removal, check_deletable
from trafficctl.errors import CHECK_FAILED, OK, UserError
from trafficctl.stack import template as texts
from trafficctl.stack.retained_types import KEY_WINDOW_DAYS, KINDS
from trafficctl.stack.stack import Account

# IoT Core lets ten certificates go a second, and a fleet has thousands.
ATTEMPTS = 12

LIST_DELETED = (
    "aws cloudformation list-stacks --stack-status-filter DELETE_COMPLETE "
    "--query \"StackSummaries[?StackName=='{stack}'].StackId\" --output text"
)
LIST_RETAINED = (
    'aws cloudformation describe-stack-events --stack-name "$id" --output text --query '
    "\"StackEvents[?ResourceStatus=='DELETE_SKIPPED']"
    '.[ResourceType,PhysicalResourceId]"'
)


def register(subparsers: Any) -> None:
    """Add the command destroy."""
    parser = subparsers.add_parser(
        "destroy",
        help="delete the system; keep its data unless --purge is given",
        description="Delete the stack. Tables, buckets, users, devices and the key "
        "are retained, and `trafficctl deploy` with the same --stack imports them. "
        "--purge deletes them too, after it lists them and you type the stack's name.",
    )
    options.add_common(parser)
    options.add_template(parser)
    parser.add_argument(
        "--purge", action="store_true", help="also delete the data, permanently"
    )
    parser.add_argument(
        "--despite-protection",
        action="store_true",
        help="with --purge: also delete what has deletion protection",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Destroy; 1 if the person did not agree."""
    account = Account(aws.session(), attempts=ATTEMPTS)
    removal = Removal(account, args.stack, texts.read(args.template), output.say)
    check_deletable(args.stack, removal.described)
    holdings = removal.holdings()
    if not removal.exists and not holdings:
        output.say(f"there is no stack {args.stack}, and nothing left of one")
        return OK
    if removal.exists:
        _show_going(removal.going())
    if args.purge:
        return _purge(args, removal, holdings)
    return _keep(args, removal, holdings)


def _keep(args: argparse.Namespace, removal: Removal, holdings: list[Holding]) -> int:
    show_holdings("stays", holdings)
    if not removal.exists:
        output.say(f"stack {args.stack} is already deleted; --purge deletes its data")
        return OK
    if not prompts.confirm(f"Destroy stack {args.stack}, and keep its data?", args.yes):
        output.say("nothing was changed")
        return CHECK_FAILED
    removal.delete_stack()
    output.say(
        f"stack {args.stack} is deleted; its data is retained, and costs as before"
    )
    output.say(f"  to use it again:    trafficctl deploy --stack {args.stack}")
    output.say(f"  to delete it all:   trafficctl destroy --purge --stack {args.stack}")
    output.say("  to delete one resource permanently:")
    for one in holdings:
        output.say(f"    {one.left.by_hand()}")
    return OK


def _purge(args: argparse.Namespace, removal: Removal, holdings: list[Holding]) -> int:
    show_holdings("is deleted", holdings)
    check_protection(holdings, args.despite_protection)
    output.say(f"Only the key can be recovered, for {KEY_WINDOW_DAYS} days (KMS).")
    if not prompts.confirm_by_typing(
        f"Type the stack's name, {args.stack}, to delete all of it:",
        args.stack,
        args.yes,
    ):
        output.say("that is not the name: nothing was changed")
        return CHECK_FAILED
    buckets = removal.given_buckets()
    removal.unprotect(holdings)
    removal.delete_stack()
    removal.delete_artifacts()  # first: with the data gone, a repeat finds nothing
    removal.delete(holdings)
    output.say(what_is_left(args.stack, buckets))
    output.say(older_leftovers(args.stack))
    return OK


def what_is_left(stack: str, buckets: Collection[str]) -> str:
    """The last word of a purge: packages in buckets of one's own are not touched."""
    if not buckets:
        return f"nothing of stack {stack} is left"
    lines = [f"  aws s3 rm --recursive s3://{one}/{stack}/" for one in sorted(buckets)]
    heading = f"nothing of stack {stack} is left but its packages in a bucket of yours:"
    return "\n".join([heading, *lines])


def older_leftovers(stack: str) -> str:
    """The commands that list and delete what updates and earlier stacks left."""
    deletions = [kind.by_hand.format(id="NAME") for kind in KINDS.values()]
    lines = [
        f"for id in $({LIST_DELETED.format(stack=stack)}); do",
        f"  {LIST_RETAINED}; done",
        *(f"  {one}" for one in deletions),
    ]
    first = "updates and earlier stacks may have left more. List it, delete the unused:"
    return "\n".join([first, *(f"  {line}" for line in lines)])


def check_protection(holdings: Sequence[Holding], despite: bool) -> None:
    """UserError if something is protected, and nobody said to delete it anyway."""
    protected = [one.left.physical_id for one in holdings if one.protected]
    if protected and not despite:
        raise UserError(
            f"deletion protection is on for {', '.join(protected)} - that is how "
            "Environment=production keeps data; add --despite-protection to delete it"
        )


def _show_going(going: Sequence[dict[str, Any]]) -> None:
    types = Counter(str(one["ResourceType"]) for one in going)
    rows = [(kind, output.number(count)) for kind, count in sorted(types.items())]
    columns = [Column("goes", importance=KEY), Column("resources", True, KEY)]
    output.show(output.table(columns, rows))


def show_holdings(what: str, holdings: Sequence[Holding]) -> None:
    """What outlives the stack, as a table."""
    columns = [
        Column(what, importance=KEY),
        Column("name", importance=KEY),
        Column("holds", importance=KEY),
        Column("protected", importance=KEY),
    ]
    rows = [
        (
            KINDS[one.left.type].what,
            one.left.physical_id,
            one.size,
            "yes" if one.protected else "",
        )
        for one in holdings
    ]
    if rows:
        output.show(output.table(columns, rows))
