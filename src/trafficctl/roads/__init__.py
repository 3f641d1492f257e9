"""`trafficctl roads`: the road network."""
