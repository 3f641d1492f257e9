"""The local city's process, and where a stack keeps its files."""
