"""The processor's pure core over recorded or simulated traffic, without a city."""
