"""What the emulator's HTTP port lets in."""
