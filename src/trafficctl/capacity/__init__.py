"""`trafficctl capacity`: what a city of any size needs, and what limits it first."""
