"""IoT Core's pre-provisioning hook."""
