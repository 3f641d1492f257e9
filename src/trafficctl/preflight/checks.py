"""Runs all checks in parallel, with deadlines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from trafficctl.cost.needs import needs
from trafficctl.errors import translate
from trafficctl.preflight import account as accounts
from trafficctl.preflight import existing_stack, permissions, quotas
from trafficctl.preflight.result import (
    OK,
    REFUSALS,
    UNKNOWN,
    CheckResult,
    PreflightRequest,
    brief,
    data,
)
from trafficctl.stack import parameter_limits
from trafficctl.stack.stack import Account

WHO_DEADLINE_S = 3.0
STANDING_DEADLINE_S = 3.0
DEADLINE_S = 5.0
ALL_S = 9.0  # of all three stages: the last has less time if the first ones take long
READ_TIMEOUT_S = 3.0
ATTEMPTS = 2
Check = tuple[str, Callable[[], CheckResult]]


def preflight(session: Any, request: PreflightRequest) -> list[CheckResult]:
    """The results of all checks; those that time out are unknown."""
    where = accounts.region(session.region_name)
    if where.verdict != OK:
        return [where]
    end = time.monotonic() + ALL_S
    account = Account(session, read_timeout_s=READ_TIMEOUT_S, attempts=ATTEMPTS)
    credentials = [("credentials", lambda: accounts.credentials(account))]
    (who,) = gather(credentials, WHO_DEADLINE_S)
    if who.verdict != OK:
        return [who, where]
    request, parameters = with_existing_stack(account, request)
    left_s = min(DEADLINE_S, end - time.monotonic())
    results = gather(checks(account, request), left_s)
    pure = [
        quotas.first_shards(request),
        quotas.fresh_tables(request),
        quotas.history_keys(request),
    ]
    return [who, where, parameters, *results, *pure]


def with_existing_stack(
    account: Account, request: PreflightRequest
) -> tuple[PreflightRequest, CheckResult]:
    """The request with the existing stack, and the result on its parameters.

    If the stack cannot be read, the template's defaults are checked. UserError if the
    given parameters conflict with those that stay.
    """
    complete: list[PreflightRequest] = []

    def look() -> CheckResult:
        existing = existing_stack.look(account, request.stack, request.template)
        complete.append(replace(request, existing=existing))
        return accounts.parameters(complete[0])

    (row,) = gather([("parameters", look)], STANDING_DEADLINE_S)
    if row.verdict == OK:
        parameter_limits.check(
            request.template, request.given, complete[0].existing.parameters
        )
        return complete[0], row
    return request, replace(row, have=accounts.parameters(request).have)


def checks(account: Account, request: PreflightRequest) -> list[Check]:
    """Name and function of each check, in table order."""
    all_checks: list[Check] = [
        ("stack", lambda: accounts.stack(account, request)),
        ("Lambda runtime", lambda: accounts.runtime(request)),
        (permissions.CHECK, lambda: permissions.check(account, request)),
        ("Lambda unreserved", lambda: quotas.unreserved(account, request)),
    ]
    needed = needs(request.city, request.settings)  # once, not in every thread
    for quota in data("quotas")["quotas"]:
        check = _quota(account, request, quota, needed[quota["key"]])
        all_checks.append((quota["what"], check))
    if request.wants_reports:
        all_checks.append(("QuickSight", lambda: accounts.quicksight(account)))
    return all_checks


def _quota(
    account: Account, request: PreflightRequest, quota: quotas.Quota, need: int
) -> Callable[[], CheckResult]:
    return lambda: quotas.check(account, request, quota, need)


def gather(
    named_checks: Sequence[Check],
    deadline_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> list[CheckResult]:
    """The results of all checks, run in parallel; unknown after the deadline.

    The threads are daemons, so a hanging check does not block the exit.
    """
    rows: list[CheckResult | None] = [None] * len(named_checks)
    faults: list[Exception] = []

    def work(place: int) -> None:
        name, check = named_checks[place]
        try:
            rows[place] = check()
        except REFUSALS as exc:
            rows[place] = CheckResult(
                name, "?", "-", UNKNOWN, f"not checked: {brief(translate(exc))}"
            )
        except Exception as exc:
            faults.append(exc)

    threads = [
        threading.Thread(target=work, args=(place,), daemon=True)
        for place in range(len(named_checks))
    ]
    end = clock() + deadline_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - clock()))
    if faults:
        raise faults[0]
    late = f"no response within {deadline_s:.2g} s: repeat the command"
    return [
        row or CheckResult(name, "?", "-", UNKNOWN, late)
        for row, (name, _) in zip(rows, named_checks, strict=True)
    ]
