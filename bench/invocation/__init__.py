"""An invocation of the processor beside that of the peer."""
