"""Messages for wrong input: every fault of a file, near matches of a name."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from traffic.policy import MAX_ID_LENGTH
from trafficctl.errors import UserError

ID_FORM = f"1-{MAX_ID_LENGTH} of letters, digits, _ : . -"
MOST_FAULTS = 20  # listed at once
MOST_NAMES = 3  # suggested
MOST_LISTED = 10
CANDIDATES = 200
LIKE = 0.6  # least similarity of a suggested name, 0-1


def raise_faults(faults: Sequence[str], outcome: str = "nothing was changed") -> None:
    """Raise UserError with the first MOST_FAULTS of `faults`, if there are any."""
    if faults:
        raise UserError("\n".join([*first_of(faults), outcome]))


def first_of(
    lines: Sequence[str], most: int = MOST_FAULTS, rest: str = "more"
) -> list[str]:
    """The first `most` of `lines`, and how many more there are of the `rest`."""
    more = len(lines) - most
    return [*lines[:most], *([f"and {more:,} {rest}"] if more > 0 else [])]


def raise_unknown(
    what: str, requested: Iterable[str], known: Collection[str], advice: str
) -> None:
    """Raise UserError naming everything in `requested` that is not `known`."""
    names = set(known)
    missing = [name for name in dict.fromkeys(requested) if name not in names]
    if len(missing) == 1:
        raise unknown(what, missing[0], known, advice)
    raise_faults([str(unknown(what, name, known, advice)) for name in missing])


def unknown(what: str, name: str, known: Iterable[str], advice: str) -> UserError:
    """The error for a `what` that does not exist: near matches, else `advice`."""
    return UserError(f"{what} {name!r} not found - {suggestion(name, known) or advice}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean 'Harbour'?` with the names nearest to `name`, or ""."""
    near = [repr(one) for one in nearest(name, known)]
    if not near:
        return ""
    *others, last = near
    return f"did you mean {' or '.join([', '.join(others), last] if others else near)}?"


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The names in `known` most similar to `name`, ignoring case, nearest first."""
    folded = name.casefold()
    pairs = _pairs(folded)
    # difflib takes seconds for all names of a large city: compare the likeliest only.
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
    """The pairs of adjacent letters in a text."""
    return {text[i : i + 2] for i in range(len(text) - 1)}


def check_district(name: str | None, segments: Iterable[Mapping[str, Any]]) -> None:
    """Raise UserError if no segment is in the district `name`; None is allowed."""
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
