"""What is usual on a segment, learned from finished days: pure."""
