"""Putting dead letters and refused readings back into the stream."""
