"""What every command shares with the person at the terminal."""
