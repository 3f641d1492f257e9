"""Learns each night what is usual: days, profiles, free-flow speeds, bottlenecks."""
