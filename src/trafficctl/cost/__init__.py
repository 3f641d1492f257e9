"""`trafficctl cost`: the bill of a month, calculated."""
