"""What City Traffic can take: measured and printed, never judged."""
