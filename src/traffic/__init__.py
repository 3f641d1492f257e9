"""The rules of city traffic: what Lambda ships."""
