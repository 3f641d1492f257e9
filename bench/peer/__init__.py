"""The processor beside a handler of AWS Lambda Powertools and pydantic."""
