"""IoT Core: broker, rules, policies, provisioning."""
