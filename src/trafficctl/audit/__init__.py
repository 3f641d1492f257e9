"""`trafficctl audit`: no reading lost, none counted twice."""
