"""Devices in IoT Core and in the registry: the work of `sensors`."""
