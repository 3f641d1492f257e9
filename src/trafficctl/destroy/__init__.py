"""`trafficctl destroy`."""
