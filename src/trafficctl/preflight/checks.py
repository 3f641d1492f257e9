"""All checks at once, within a time that a person waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from trafficctl.errors import translate
from trafficctl.preflight import account as accounts
from trafficctl.preflight import existing_stack, permissions, quotas
from trafficctl.preflight.result import (
    OK,
    REFUSALS,
    UNKNOWN,
    Question,
    Row,
    brief,
    data,
)
from trafficctl.stack import parameter_limits
from trafficctl.stack.stack import Account

WHO_DEADLINE_S = 3.0
STANDING_DEADLINE_S = 3.0
DEADLINE_S = 5.0
ALL_S = 9.0  # of the three in turn: the last gets less where the first took long
READ_TIMEOUT_S = 3.0
ATTEMPTS = 2
Check = tuple[str, Callable[[], Row]]


def preflight(session: Any, question: Question) -> list[Row]:
    """The answer to all checks; those that do not answer in time are unknown."""
    where = accounts.region(session.region_name)
    if where.verdict != OK:
        return [where]
    end = time.monotonic() + ALL_S
    account = Account(session, read_timeout_s=READ_TIMEOUT_S, attempts=ATTEMPTS)
    asked = [("credentials", lambda: accounts.credentials(account))]
    (who,) = gather(asked, WHO_DEADLINE_S)
    if who.verdict != OK:
        return [who, where]
    question, judged = met(account, question)
    left_s = min(DEADLINE_S, end - time.monotonic())
    found = gather(checks(account, question), left_s)
    pure = [quotas.first_shards(question), quotas.fresh_tables(question)]
    return [who, where, judged, *found, *pure]


def met(account: Account, question: Question) -> tuple[Question, Row]:
    """The question with what stands already, and the row that says so.

    Where that cannot be read, the template's defaults are judged. UserError if the
    parameters given do not fit those that stay.
    """
    seen: list[Question] = []

    def look() -> Row:
        stands = existing_stack.look(account, question.stack, question.template)
        seen.append(replace(question, standing=stands))
        return accounts.parameters(seen[0])

    (row,) = gather([("parameters", look)], STANDING_DEADLINE_S)
    if row.verdict == OK:
        parameter_limits.check(question.template, question.given, seen[0].standing.kept)
        return seen[0], row
    return question, replace(row, have=accounts.parameters(question).have)


def checks(account: Account, question: Question) -> list[Check]:
    """Name and work of each check, in the order of the table."""
    found: list[Check] = [
        ("stack", lambda: accounts.stack(account, question)),
        ("Lambda runtime", lambda: accounts.runtime(question)),
        (permissions.CHECK, lambda: permissions.check(account, question)),
        ("Lambda unreserved", lambda: quotas.unreserved(account, question)),
    ]
    for one in data("quotas")["quotas"]:
        found.append((one["what"], _quota(account, question, one)))
    if question.wants_reports:
        found.append(("QuickSight", lambda: accounts.quicksight(account)))
    return found


def _quota(
    account: Account, question: Question, quota: quotas.Quota
) -> Callable[[], Row]:
    return lambda: quotas.check(account, question, quota)


def gather(
    asked: Sequence[Check],
    deadline_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> list[Row]:
    """The rows of all checks, made side by side; unknown after the deadline.

    The threads are daemons: a check that hangs holds nobody up.
    """
    rows: list[Row | None] = [None] * len(asked)
    faults: list[Exception] = []

    def work(place: int) -> None:
        name, check = asked[place]
        try:
            rows[place] = check()
        except REFUSALS as exc:
            rows[place] = Row(
                name, "?", "-", UNKNOWN, f"not read: {brief(translate(exc))}"
            )
        except Exception as exc:
            faults.append(exc)

    threads = [
        threading.Thread(target=work, args=(place,), daemon=True)
        for place in range(len(asked))
    ]
    end = clock() + deadline_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - clock()))
    if faults:
        raise faults[0]
    late = f"no answer within {deadline_s:.2g} s: repeat the command"
    return [
        row or Row(name, "?", "-", UNKNOWN, late)
        for row, (name, _) in zip(rows, asked, strict=True)
    ]
