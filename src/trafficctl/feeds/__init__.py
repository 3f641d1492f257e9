"""`trafficctl feeds`: a token for the feeds."""
