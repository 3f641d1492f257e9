"""The live map: its page, and the API that the page polls every two seconds."""
