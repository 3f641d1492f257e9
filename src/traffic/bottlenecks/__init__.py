"""Recurring bottlenecks and the reliability of corridors: pure."""
