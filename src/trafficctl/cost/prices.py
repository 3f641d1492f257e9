"""The prices of `trafficctl cost`: `prices.toml`, dated, each with its source."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("prices.toml")


class PriceTier(msgspec.Struct, frozen=True):
    """The price above the quantity *over*."""

    over: float
    dollars: float


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """*dollars* for each *per* of *unit*, with cheaper tiers *beyond* quantities."""

    dollars: float
    per: float
    unit: str
    source: str
    beyond: tuple[PriceTier, ...] = ()

    def of(self, quantity: float) -> float:
        """The dollars for a quantity in a month."""
        steps = [PriceTier(0, self.dollars), *self.beyond]
        ends = [*(step.over for step in self.beyond), float("inf")]
        return sum(
            max(0.0, min(quantity, end) - step.over) / self.per * step.dollars
            for step, end in zip(steps, ends, strict=True)
        )


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All prices of a Region, by name, at a date."""

    date: str
    region: str
    prices: dict[str, Price]


@lru_cache(maxsize=1)
def price_list() -> PriceList:
    """The prices of this version."""
    return msgspec.toml.decode(FILE.read_bytes(), type=PriceList)
