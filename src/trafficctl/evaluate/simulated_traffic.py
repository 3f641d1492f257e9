"""Drives vehicles over the simulated road by UXsim, an optional package."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from operator import sub
from typing import Any, NamedTuple

from trafficctl.errors import UserError

from .baseline import BIN_MS
from .simulated_road import (
    BEFORE_M,
    BEHIND_M,
    CLOSURES,
    DAY_MIN,
    RAMP,
    RAMP_JOINS,
    RAMP_SHARE,
    REMAINS,
    SECTIONS,
    SEED,
    STEP_S,
    TRAP_M,
    demands,
    free_flow_of,
    lanes_of,
)

JAM_DENSITY = 0.15  # vehicles a metre and lane, standing
PARTS = (("before", BEFORE_M), ("trap", TRAP_M), ("behind", BEHIND_M))
STEPS = round(DAY_MIN * 60 / STEP_S)
BIN_STEPS = round(BIN_MS / 1000 / STEP_S)


class TrapCounts(NamedTuple):
    """How many vehicles have entered a detector's trap, and left it, at each step."""

    entered: Sequence[int]
    left: Sequence[int]


Passage = tuple[float, float]  # when a vehicle left the trap, and how long it took, s


def drive(day: int, seed: int = SEED) -> Iterator[tuple[int, TrapCounts]]:
    """Each section with what passes its detector's trap on a day.

    Raises UserError if UXsim is not installed.
    """
    world = _world(day, seed)
    for at_s, section, share in capacity_changes(day):
        world.exec_simulation(until_t=at_s)
        link = world.get_link(f"{section} behind")
        link.capacity_out = link.capacity * share
    world.exec_simulation(until_t=DAY_MIN * 60)
    for section in (RAMP, *range(1, SECTIONS + 1)):
        trap = world.get_link(f"{section} trap")
        curves = (trap.cum_arrival, trap.cum_departure)
        yield section, TrapCounts(*(c[:STEPS].astype(int).tolist() for c in curves))


def capacity_changes(day: int) -> list[tuple[int, int, float]]:
    """When (s) which section's end carries which share of its capacity."""
    changes = []
    for one in CLOSURES:
        if one.day == day:
            begin_s, end_s = one.minute * 60, (one.minute + one.lasts_min) * 60
            changes.append((begin_s, one.section, REMAINS[one.lanes]))
            changes.append((end_s, one.section, 1.0))
    return sorted(changes)


def passages(trap: TrapCounts) -> Iterator[Passage]:
    """Each vehicle's passage: vehicles leave in the order in which they entered."""
    for begin, end in zip(_steps(trap.entered), _steps(trap.left), strict=False):
        yield end * STEP_S, (end - begin) * STEP_S


def _steps(counts: Sequence[int]) -> Iterator[int]:
    """The step of each vehicle."""
    more = map(sub, counts, chain((0,), counts))
    return chain.from_iterable(map(repeat, range(len(counts)), more))


def true_speeds(trap: TrapCounts) -> Iterator[float | None]:
    """The space mean in km/h of each five minutes, None without a vehicle.

    It is the distance of all vehicles over the time that they took, without the errors
    of sensors.
    """
    before = 0
    for begin in range(0, len(trap.left), BIN_STEPS):
        entered, left = (counts[begin : begin + BIN_STEPS] for counts in trap)
        inside = sum(entered) - sum(left)  # vehicles, summed over the steps
        passed, before = left[-1] - before, left[-1]
        yield 3.6 * TRAP_M * passed / (inside * STEP_S) if inside else None


def _world(day: int, seed: int) -> Any:
    world = _uxsim().World(
        cpp=True,
        deltan=1,
        reaction_time=STEP_S,
        tmax=DAY_MIN * 60 + 600,
        random_seed=seed,
        hard_deterministic_mode=True,
        vehicle_logging_timestep_interval=0,
        print_mode=0,
        save_mode=0,
        show_progress=0,
    )
    for section in range(1, SECTIONS + 1):
        _add_section(world, section, section + 1)
    _add_section(world, RAMP, RAMP_JOINS)
    # A link that leads nowhere has no capacity: the last section needs another.
    _add_link(world, SECTIONS, "exit", _node(SECTIONS + 1), BEHIND_M, "end")
    for minute, flow in enumerate(demands(day, seed)):
        span_s = (minute * 60, minute * 60 + 60)
        world.adddemand(_node(1), "end", *span_s, flow / 3600)
        world.adddemand(_node(RAMP), "end", *span_s, RAMP_SHARE * flow / 3600)
    return world


def _uxsim() -> Any:
    try:
        return importlib.import_module("uxsim")
    except ModuleNotFoundError as exc:
        raise UserError(
            f"the simulated road needs {exc.name}, which is not installed - "
            "run `pip install '.[simulated]'` in a clone of the repository"
        ) from exc


def _add_section(world: Any, section: int, following: int) -> None:
    """Add the links of a section, which leads to the begin of another."""
    ends = (f"{section} trap", f"{section} behind", _node(following))
    begin = _node(section)
    for (part, length_m), end in zip(PARTS, ends, strict=True):
        _add_link(world, section, f"{section} {part}", begin, length_m, end)
        begin = end


def _node(section: int) -> str:
    """Where a section begins."""
    return f"{section} before"


def _add_link(
    world: Any, section: int, name: str, begin: str, length_m: float, end: str
) -> None:
    for node in (begin, end):
        if node not in world.NODES_NAME_DICT:
            world.addNode(node, 0, 0)
    world.addLink(
        name,
        begin,
        end,
        length_m,
        free_flow_speed=free_flow_of(section) / 3.6,
        jam_density_per_lane=JAM_DENSITY,
        number_of_lanes=lanes_of(section),
        merge_priority=2 if section == RAMP else 1,
    )
