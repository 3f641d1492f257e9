"""Change sets that list only what would be made: conditions count.

MiniStack lists every resource that a template declares as one to add, those behind a
condition that is off included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import changesets

from trafficctl.local.patching import Patch


def _apply() -> None:
    changesets._resolve_props_for_diff = conditional(
        changesets._resolve_props_for_diff, changesets._evaluate_conditions
    )


def conditional(
    resolve: Callable[..., dict[str, Any]], evaluate: Callable[..., dict[str, bool]]
) -> Callable[..., dict[str, Any]]:
    """`resolve`, without the resources whose condition is off."""

    def resolved(template: dict[str, Any], parameters: Any, *rest: Any) -> Any:
        made = resolve(template, parameters, *rest)
        if not made:
            return made
        holds = evaluate(template, parameters)
        kept = {
            name: one
            for name, one in made["Resources"].items()
            if one.get("Condition") is None or holds.get(one["Condition"], True)
        }
        return {**made, "Resources": kept}

    return resolved


PATCHES = (
    Patch(
        "conditions in change sets",
        "a change set lists resources whose condition is off",
        [(changesets, "_evaluate_conditions")],
        [(changesets, "_resolve_props_for_diff", "b0f1a995e91f")],
        _apply,
    ),
)
