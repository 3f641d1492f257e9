"""The reports, as far as they can be proved without AWS."""
