"""What the page has to know before anything else, as `/config.json`: pure."""

from __future__ import annotations

from typing import Any

from .settings import LiveMapSettings


def config_of(settings: LiveMapSettings, base_map: str, version: str) -> dict[str, Any]:
    """Return what the page has to know; *base_map* is its file, empty if none."""
    return {
        "stack": settings.stack,
        "region": settings.region,
        "auth": {
            "domain": settings.domain,
            "client_id": settings.client_id,
            "issuer": settings.issuer,
            "mode": "hosted",
        },
        "zone": settings.time_zone,
        "speed_unit": settings.speed_unit,
        "map": {"style": settings.style, "base": base_map},
        "thresholds": {
            "high": settings.high,
            "severe": settings.severe,
            "clear": settings.clear,
        },
        "version": version,
    }
