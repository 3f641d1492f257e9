"""Feeds of the present state for other systems: rows in, documents out, pure."""
