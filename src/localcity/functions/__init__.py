"""Lambda functions: logs, concurrency and asynchronous calls."""
