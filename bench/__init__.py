"""Load tests: times are only printed; a lost or double-counted reading fails."""
