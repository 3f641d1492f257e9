"""Kinesis to tables, events and quarantine."""
