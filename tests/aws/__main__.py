"""Ask a real account what only AWS can answer: `make test-aws`."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from trafficctl.cli.output import Column, DataTable, say, show
from trafficctl.cli.prompts import confirm_by_typing
from trafficctl.errors import CHECK_FAILED, OK, translate

from .questions import QUESTIONS, Question
from .trial import NoError, NotHereError, Trial

COST = "The two stacks cost about 1 $ for the hour that this takes"
YES, NO, SKIPPED = "yes", "NO", "skipped"
COLUMNS = (
    Column("question", importance=9),
    Column("answer", importance=9),
    Column("what happened"),
    Column("took, s", number=True),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, deploy, question, print the table, clean up; the exit code."""
    args = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(args.stack, Path(folder), tuple(args.parameter))
        if not _is_wanted(trial, args.yes):
            say("nothing was deployed")
            return CHECK_FAILED
        rows = []
        try:
            trial.deploy()
            chosen = [q for q in QUESTIONS if not args.only or q.name in args.only]
            rows = list(_answers(trial, chosen))
        finally:
            faults = [] if args.keep else trial.destroy()
            for fault in faults:
                say(f"not cleaned up: {fault}")
        show(DataTable(COLUMNS, rows, None))
    is_well = not faults and all(row[1] != NO for row in rows)
    return OK if is_well else CHECK_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.aws", description=__doc__)
    parser.add_argument(
        "--stack",
        default=f"traffic-trial-{secrets.token_hex(2)}",
        metavar="NAME",
        help="name of the stack (default: traffic-trial- and four digits)",
    )
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="deploy with this parameter; may be repeated",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[question.name for question in QUESTIONS],
        help="ask only this question; may be repeated",
    )
    parser.add_argument("--keep", action="store_true", help="do not delete the stacks")
    parser.add_argument("--yes", action="store_true", help="do not ask before spending")
    return parser


def _is_wanted(trial: Trial, yes: bool) -> bool:
    """Say what will happen where, and ask for the account's number."""
    account = str(trial.client("sts").get_caller_identity()["Account"])
    place = "the local city" if trial.is_local else f"AWS account {account}"
    say(
        f"This deploys {trial.stack} and {trial.failing_stack} into {place}, "
        f"{trial.session.region_name}, publishes simulated traffic, withdraws a "
        "permission for some minutes, and deletes both stacks with their data."
    )
    if trial.is_local:
        return True
    say(f"{COST}.")
    return confirm_by_typing("Type the account's number to start:", account, yes)


def _answers(trial: Trial, chosen: Sequence[Question]) -> Iterator[tuple[str, ...]]:
    """Ask one question after the other; the rows of the table."""
    for question in chosen:
        say(question.text)
        started = time.monotonic()
        answer, detail = _ask(trial, question)
        say(f"  {answer}: {detail}")
        yield question.text, answer, detail, f"{time.monotonic() - started:.0f}"


def _ask(trial: Trial, question: Question) -> tuple[str, str]:
    try:
        return YES, question.ask(trial)
    except NotHereError as exc:
        return SKIPPED, str(exc)
    except (NoError, ClientError, BotoCoreError, OSError) as exc:
        return NO, str(exc)


def _guarded() -> int:
    """`main` with errors of AWS as messages and exit codes."""
    try:
        return main()
    except NoError as exc:
        say(str(exc))
        return CHECK_FAILED
    except Exception as exc:
        error = translate(exc)
        say(str(error))
        return error.exit_code


if __name__ == "__main__":
    sys.exit(_guarded())
