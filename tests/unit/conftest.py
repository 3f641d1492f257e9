"""How Hypothesis treats every law here."""

from hypothesis import HealthCheck, settings

# A busy machine draws and runs slowly, and is right all the same.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")
