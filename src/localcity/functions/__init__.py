"""Lambda functions: logs and concurrency."""
