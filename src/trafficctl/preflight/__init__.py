"""Whether an account can carry the load: what is needed, what is there."""
