"""What the emulator's HTTP port accepts."""
