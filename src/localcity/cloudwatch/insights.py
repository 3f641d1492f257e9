"""Queries of CloudWatch Metrics Insights, as far as alarms use them: pure.

Known: one function of one metric, a SCHEMA that names all dimensions, and one WHERE.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from localcity.cloudwatch.metric_math import MathError

_STATS = {
    "AVG": "Average",
    "COUNT": "SampleCount",
    "MAX": "Maximum",
    "MIN": "Minimum",
    "SUM": "Sum",
}
_SELECT = re.compile(r"\s*SELECT\b")
_QUERY = re.compile(
    r"\s*SELECT (\w+)\(([\w.]+)\) FROM SCHEMA\(\"([^\"]+)\"((?:, ?\w+)+)\)"
    r" WHERE (\w+) ?= ?'([^']*)'\s*"
)


@dataclass(frozen=True)
class MetricSelection:
    """The metrics that a query reads, and the statistic over all of them."""

    namespace: str
    name: str
    labels: frozenset[str]
    label: str
    value: str
    stat: str

    def fits(self, dimensions: Mapping[str, str]) -> bool:
        """Whether a metric of this name with these dimensions is read."""
        return dimensions.keys() == self.labels and (
            dimensions.get(self.label) == self.value
        )


def parse(expression: str) -> MetricSelection | None:
    """The selection of an expression; None if it is metric math.

    MathError if it uses what is not known here.
    """
    if not _SELECT.match(expression):
        return None
    match = _QUERY.fullmatch(expression)
    if match is None or match[1] not in _STATS:
        raise MathError(f"not known here: {expression}")
    function, name, namespace, labels, label, value = match.groups()
    return MetricSelection(
        namespace=namespace,
        name=name,
        labels=frozenset(re.findall(r"\w+", labels)),
        label=label,
        value=value,
        stat=_STATS[function],
    )
