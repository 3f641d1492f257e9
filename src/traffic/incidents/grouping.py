"""Which alerts are one incident: pure.

Each run judges the open alerts again, so an event that was missed or came twice changes
nothing. Of two incidents that meet, the older goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from ..network.roads import RoadGraph
from ..segment.alerts import NONE
from .incident import Incident, Member, OpenAlert, has_left

# New alerts that join an incident in one run. Each is written in the incident's
# transaction, which has room for 100 items; the next run takes more.
MOST_JOINING = 60
MOST_MERGING = 30


@dataclass(frozen=True)
class Regrouped:
    """An incident as it was and as it is, with the alerts and incidents that join it.

    *before* is None for a new one. *after* has no figures and events of this run yet.
    """

    before: Optional[Incident]
    after: Incident
    joined: Sequence[OpenAlert] = ()
    absorbed: Sequence[Incident] = ()


@dataclass
class _Claim:
    """What an incident holds in this run: open alerts, and incidents merged into it."""

    alerts: list[OpenAlert] = field(default_factory=list)
    absorbed: list[Incident] = field(default_factory=list)


def regroup(
    standing: Iterable[Incident],
    alerts: Iterable[OpenAlert],
    graph: RoadGraph,
    now_ms: int,
) -> list[Regrouped]:
    """Return every incident that is not over, or that ends now, oldest first."""
    known = {one.incident_id: one for one in standing if not one.is_over}
    claims = _claims(known, _newest(alerts), graph, now_ms)
    merged = {one.incident_id for claim in claims.values() for one in claim.absorbed}
    names = (claims.keys() | known.keys()) - merged
    incidents = [
        _regrouped(known.get(n), claims.get(n) or _Claim(), now_ms) for n in names
    ]
    return sorted(incidents, key=lambda one: one.after.age)


def _newest(alerts: Iterable[OpenAlert]) -> dict[str, OpenAlert]:
    """Return the alert of each segment: an older one was missed as it cleared."""
    return {one.segment_id: one for one in sorted(set(alerts))}


def _claims(
    known: Mapping[str, Incident],
    alerts: Mapping[str, OpenAlert],
    graph: RoadGraph,
    now_ms: int,
) -> dict[str, _Claim]:
    """Return by incident what it holds; one without an open alert has no claim."""
    holders = _Holders(known, graph, now_ms)
    homes = [
        home
        for group in graph.groups(alerts)
        for home in holders.homes([alerts[name] for name in sorted(group)])
    ]
    claims: dict[str, _Claim] = {}
    for name, alert in homes:
        claims.setdefault(holders.root(name), _Claim()).alerts.append(alert)
    for name in holders.merged():
        claims[holders.root(name)].absorbed.append(known[name])
    return claims


class _Holders:
    """Who holds which alert, and which incidents have met."""

    def __init__(
        self, known: Mapping[str, Incident], graph: RoadGraph, now_ms: int
    ) -> None:
        self._known = known
        self._graph = graph
        self._into: dict[str, str] = {}
        self._merged = Counter[str]()  # how many have become one
        self._of: dict[str, list[Incident]] = {}  # by segment, oldest first
        for one in sorted(known.values(), key=lambda one: one.age):
            for segment_id, member in one.members.items():
                if not has_left(member, now_ms):
                    self._of.setdefault(segment_id, []).append(one)

    def homes(self, group: Sequence[OpenAlert]) -> list[tuple[str, OpenAlert]]:
        """Return the incident of each alert, after merging those that meet here."""
        holders = [(self._holder(alert), alert) for alert in group]
        names = {self.root(name) for name, _ in holders if name is not None}
        eldest = self._merge(names) if names else self._new_home(group)
        return [(name or eldest, alert) for name, alert in holders]

    def _holder(self, alert: OpenAlert) -> Optional[str]:
        for one in self._of.get(alert.segment_id, ()):
            if one.members[alert.segment_id].opened_at == alert.opened_at:
                return one.incident_id
        return None

    def _merge(self, names: Iterable[str]) -> str:
        """Merge into the oldest as many as one run can, and return it."""
        eldest, *others = sorted(names, key=lambda name: self._known[name].age)
        for name in others:
            merged = self._merged[eldest] + self._merged[name] + 1
            if merged <= MOST_MERGING:
                self._into[name] = eldest
                self._merged[eldest] = merged
        return eldest

    def _new_home(self, group: Sequence[OpenAlert]) -> str:
        """Return the oldest incident that was lately congested here, or a new one."""
        here = {alert.segment_id for alert in group}
        places = here.union(*(self._graph.near(name) for name in here))
        holders = [one for place in places for one in self._of.get(place, ())]
        near = min(holders, key=lambda one: one.age, default=None)
        return _first(group).alert_id if near is None else near.incident_id

    def root(self, name: str) -> str:
        """Return the incident that *name* has become."""
        while name in self._into:
            name = self._into[name]
        return name

    def merged(self) -> list[str]:
        """Return the incidents that have merged into another, oldest first."""
        return sorted(self._into, key=lambda name: self._known[name].age)


def _first(alerts: Iterable[OpenAlert]) -> OpenAlert:
    return min(alerts, key=lambda one: (one.opened_at, one.alert_id))


def _regrouped(before: Optional[Incident], claim: _Claim, now_ms: int) -> Regrouped:
    if before is None:
        first = _first(claim.alerts)
        one = Incident(first.alert_id, first.opened_at)
    else:
        one = before
    parts = (*claim.absorbed, one)
    theirs = {n: member for part in parts for n, member in part.members.items()}
    held, joined = _split(claim.alerts, parts)
    members = _members(theirs, [*held, *joined], now_ms)
    levels = [alert.level for alert in (*held, *joined)]
    after = replace(
        one,
        members=members,
        alerts=sum(part.alerts for part in parts)
        + sum(alert.level > NONE for alert in joined),
        level=max(levels, default=one.level),
        peak_level=max([*levels, *(part.peak_level for part in parts)]),
        peak_segments=max(part.peak_segments for part in parts),
        peak_length_km=max(part.peak_length_km for part in parts),
        ended_at=None if members else _last_gone(one, now_ms),
    )
    return Regrouped(before, after, joined, claim.absorbed)


def _split(
    alerts: Sequence[OpenAlert], parts: Iterable[Incident]
) -> tuple[list[OpenAlert], list[OpenAlert]]:
    """Return the alerts that members already are, and the new ones that join now.

    A segment may be a member of two incidents that merge, with another alert in each.
    """
    known = {(n, one.opened_at) for part in parts for n, one in part.members.items()}
    held: list[OpenAlert] = []
    new: list[OpenAlert] = []
    for alert in sorted(alerts, key=lambda one: (one.opened_at, one.alert_id)):
        is_held = (alert.segment_id, alert.opened_at) in known
        (held if is_held else new).append(alert)
    return held, new[:MOST_JOINING]


def _members(
    before: Mapping[str, Member], alerts: Sequence[OpenAlert], now_ms: int
) -> dict[str, Member]:
    """Return the members: those with an open alert, and those that had one lately."""
    members = {alert.segment_id: Member(alert.opened_at) for alert in alerts}
    for name, member in before.items():
        if name not in members and not has_left(member, now_ms):
            gone_at = now_ms if member.gone_at is None else member.gone_at
            members[name] = Member(member.opened_at, gone_at)
    return dict(sorted(members.items()))


def _last_gone(one: Incident, now_ms: int) -> int:
    """Return when its last alert cleared."""
    gone = [member.gone_at for member in one.members.values()]
    return max((at for at in gone if at is not None), default=now_ms)
