"""Events of the bus as mail and messages to people."""
