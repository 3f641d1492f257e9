"""AWS adapters that several functions share."""
