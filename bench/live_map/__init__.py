"""What the live map costs at scale, and how smoothly it draws."""
