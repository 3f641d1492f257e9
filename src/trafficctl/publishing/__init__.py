"""Simulated devices and what they publish."""
