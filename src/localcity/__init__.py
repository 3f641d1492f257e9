"""City Traffic on one machine."""
