"""`trafficctl users`: who may sign in to the live map."""
