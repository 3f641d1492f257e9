"""Fixtures of the local city's own tests."""

from __future__ import annotations

from .live import anew, live
from .pipe import pipe
from .watching import clients, printer, watch

__all__ = ["anew", "clients", "live", "pipe", "printer", "watch"]
