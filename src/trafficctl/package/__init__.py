"""`trafficctl package`: the zip that Lambda runs."""
