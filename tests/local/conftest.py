"""Fixtures of the local city's own tests."""

from __future__ import annotations

from .pipe import pipe

__all__ = ["pipe"]
