"""MiniStack, corrected: the AWS services of a city on one machine."""
