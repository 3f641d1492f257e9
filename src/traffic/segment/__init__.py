"""What readings mean for one road segment: pure, no clock, no I/O."""
