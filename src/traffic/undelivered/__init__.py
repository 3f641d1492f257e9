"""Keeps messages that the IoT rule could not write to the stream as dead letters."""
