"""`trafficctl demo`: a morning peak of Los Angeles, on one machine, in a minute."""
