"""`trafficctl simulate`: a made-up city."""
