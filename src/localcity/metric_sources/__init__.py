"""AWS's own metrics, by the service that emits them."""
