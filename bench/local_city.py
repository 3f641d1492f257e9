"""The local city under a steady stream."""


def run(seconds: float, rate: float) -> None:
    """Nothing yet."""
