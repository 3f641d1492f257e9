"""`trafficctl sensors`: the devices of the city, an action a module."""
