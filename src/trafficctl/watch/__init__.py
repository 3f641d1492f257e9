"""`trafficctl segments`, `alerts` and `alarms`."""
