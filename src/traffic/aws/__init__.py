"""How the functions talk to AWS, where they do it alike."""
