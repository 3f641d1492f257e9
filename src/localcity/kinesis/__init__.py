"""Kinesis streams and the event source mappings that read them."""
