"""Deploying and destroying the stack, on AWS and on the local city alike."""
