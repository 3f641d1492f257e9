"""`trafficctl up`, `env` and `down`: the local city."""
