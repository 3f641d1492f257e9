"""Sessions, retries, and the city's tables."""
