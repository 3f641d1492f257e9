"""As many shards as the traffic needs."""
