"""The packed state after a calm fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Callable, Optional

from ..model import DecodedMessage, Road
from ..policy import Policy
from .arrival import place_of_last
from .calm_fold import CalmFold, NotCalmError
from .fold_result import FoldResult
from .packed_state import Column, PackedState, Values, column_of, scaled, values_of
from .spans import with_span
from .state_codec import History, bytes_of, histories_of, packed_histories


def fold_if_calm(
    packed: PackedState, messages: Sequence[DecodedMessage], road: Road, policy: Policy
) -> Optional[FoldResult]:
    """Fold the readings of *messages*, in their order, into *packed*.

    None if they need a working state: *packed* is then of no use any more.
    """
    fold = CalmFold(packed, messages)
    try:
        fold.run(road, policy)
    except NotCalmError:
        return None
    _pack(fold)
    return fold.result


def _pack(fold: CalmFold) -> None:
    """Write what the fold found into its packed state."""
    packed, clock = fold.packed, fold.clock
    if fold.latest:
        _add_gaps(fold)
        _write_readings(fold)
        packed.moved_age = clock - fold.moved_at if fold.moved_at else None
        packed.clock = clock
    place = place_of_last(fold.messages[-1])
    if place > packed.last_place:
        packed.last_sequence, packed.last_position = bytes_of(place[0]), place[1]


def _write_readings(fold: CalmFold) -> None:
    """Write the newest readings and steps; a step of one interval is 0."""
    packed, latest, odd_steps = fold.packed, fold.latest, fold.odd_steps
    readings, updated = list(latest.values()), _updating(packed.names, list(latest))
    instants = {**packed.instants(), **fold.newest}
    packed.ages = column_of([fold.clock - at for at in instants.values()])
    packed.counted = _counted(fold)
    packed.steps = updated(packed.steps, [odd_steps.get(name, 0) for name in latest])
    counts = [one.vehicle_count for one in readings]
    packed.counts = updated(packed.counts, counts)
    speeds = scaled([one.average_speed for one in readings], 10)
    packed.speeds = updated(packed.speeds, speeds)
    if fold.path.is_scored:
        scores = scaled([one.congestion_score for one in readings], 10)
        packed.scores = updated(packed.scores, scores)
    shares = [one.occupancy for one in readings]
    if packed.shares is not None or shares.count(None) < len(shares):
        packed.shares = updated(packed.shares, scaled(shares, 1000))


def _counted(fold: CalmFold) -> Column:
    """Return how long ago (s) each sensor counted its last vehicle."""
    packed, counted, now_s = fold.packed, fold.counted, fold.clock // 1000
    before = values_of(packed.counted, len(packed.names))
    passed_s = now_s - packed.clock // 1000
    ages = [
        now_s - counted[name] // 1000
        if name in counted
        else (None if age is None else age + passed_s)
        for name, age in zip(packed.names, before)
    ]
    return column_of(ages)  # type: ignore[no-any-return]


def _updating(names: list[str], reported: list[str]) -> Callable[[Any, Values], Any]:
    """Return what updates a column of *names* by the values of those *reported*."""

    def replaced(_column: Any, values: Values) -> Any:
        return column_of(values)

    def merged(column: Any, values: Values) -> Any:
        of_sensor = dict(zip(names, values_of(column, len(names))))
        of_sensor.update(zip(reported, values))
        return column_of(list(of_sensor.values()))

    return replaced if names == reported else merged


def _add_gaps(fold: CalmFold) -> None:
    """Add the steps in which readings are missing to the spans.

    A sensor's latest step stays apart.
    """
    packed, latest, newest = fold.packed, fold.latest, fold.newest
    is_stored = max(values_of(packed.steps, 1)) > fold.path.gap_after_ms
    candidates = [*_stored_gaps(fold), *fold.gaps] if is_stored else fold.gaps
    gaps = [gap for gap in candidates if gap[0] in latest and gap[2] < newest[gap[0]]]
    if not gaps:
        return
    known, names = histories_of(packed), packed.names
    of_sensor = {
        name: known[index]
        for name, index in zip(names, values_of(packed.missing, len(names)))
    }
    for name, begin, end in gaps:
        percent_at, missing = of_sensor[name]
        spans = with_span(missing, (begin, end), fold.path.span_ms)
        of_sensor[name] = percent_at, spans
    histories: dict[History, int] = {}
    packed.missing = column_of(
        [histories.setdefault(one, len(histories)) for one in of_sensor.values()]
    )
    packed.histories = packed_histories(histories, packed.clock)


def _stored_gaps(fold: CalmFold) -> Iterator[tuple[str, int, int]]:
    """Yield the stored step of each sensor, if readings are missing in it."""
    packed, gap_ms = fold.packed, fold.path.gap_after_ms
    steps = values_of(packed.steps, len(packed.names))
    for (name, at), step_ms in zip(packed.instants().items(), steps):
        if step_ms > gap_ms:
            yield name, at - step_ms, at
