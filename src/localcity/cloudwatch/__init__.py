"""CloudWatch for the local city: what feeds its metrics, and what fires its alarms."""
