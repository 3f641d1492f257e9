"""DynamoDB, fast enough for a city."""
