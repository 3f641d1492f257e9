"""The live map's API: what a controller's screen asks for every two seconds."""
