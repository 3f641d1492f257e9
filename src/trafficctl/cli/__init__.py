"""What every command shares: options, output, prompts and progress."""
