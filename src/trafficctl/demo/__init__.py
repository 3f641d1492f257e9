"""`trafficctl demo`: recorded traffic of Los Angeles, on one machine."""
