"""The places that cost most, and how reliable corridors are."""
