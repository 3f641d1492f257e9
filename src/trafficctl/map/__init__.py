"""`trafficctl map`: the live map."""
