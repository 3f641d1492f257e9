"""What is said of wrong input: every fault of a file, and near matches of a name."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from trafficctl.errors import UserError

MOST_FAULTS = 20  # listed at once
MOST_NAMES = 3  # that are near
MOST_LISTED = 10
CANDIDATES = 200
LIKE = 0.6  # the share of letters in common from which a name is near


def raise_faults(faults: Sequence[str], outcome: str = "nothing was done") -> None:
    """Raise UserError with all `faults`, or the first of many, if there are any."""
    if not faults:
        return
    more = len(faults) - MOST_FAULTS
    lines = [*faults[:MOST_FAULTS], *([f"and {more:,} more"] if more > 0 else [])]
    raise UserError("\n".join([*lines, outcome]))


def raise_unknown(
    what: str, requested: Iterable[str], known: Collection[str], advice: str
) -> None:
    """Raise UserError for each name in `wanted` that is not `known`."""
    names = set(known)
    missing = [name for name in dict.fromkeys(requested) if name not in names]
    if len(missing) == 1:
        raise unknown(what, missing[0], known, advice)
    raise_faults([str(unknown(what, name, known, advice)) for name in missing])


def unknown(what: str, name: str, known: Iterable[str], advice: str) -> UserError:
    """The error for a `name` that no `what` has: near matches, else `advice`."""
    return UserError(f"no {what} {name!r} - {suggestion(name, known) or advice}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean 'Harbour'?` with the names nearest to `name`, or nothing."""
    near = [repr(one) for one in nearest(name, known)]
    if not near:
        return ""
    *others, last = near
    return f"did you mean {' or '.join([', '.join(others), last] if others else near)}?"


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The names of `known` that are like `name` in any case, the most like first."""
    folded = name.casefold()
    pairs = _pairs(folded)
    # difflib takes seconds for the names of a large city: only for the likeliest.
    likely = heapq.nlargest(
        CANDIDATES, sorted(known), lambda one: len(_pairs(one.casefold()) & pairs)
    )
    matcher = difflib.SequenceMatcher(b=folded)
    scored = []
    for one in likely:
        matcher.set_seq1(one.casefold())
        scored.append((-matcher.ratio(), one))
    return [one for ratio, one in sorted(scored)[:MOST_NAMES] if -ratio >= LIKE]


def _pairs(text: str) -> set[str]:
    """The letters of a text, two by two."""
    return {text[i : i + 2] for i in range(len(text) - 1)}


def check_district(name: str | None, segments: Iterable[Mapping[str, Any]]) -> None:
    """Raise UserError if no segment is in the district `name`; None names none."""
    known = {str(one["district"]) for one in segments if one.get("district")}
    if name is None or name.casefold() in {one.casefold() for one in known}:
        return
    shown = sorted(known)[:MOST_LISTED]
    more = f" and {len(known) - len(shown):,} more" if len(known) > len(shown) else ""
    raise unknown(
        "district",
        name,
        known,
        f"the districts are {', '.join(shown)}{more}"
        if known
        else "no segment of this city has a district",
    )
