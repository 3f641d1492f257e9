"""`trafficctl replay`: readings from a file."""
