"""IAM: what roles and resource policies permit."""
