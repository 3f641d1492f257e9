"""How road segments follow one another: links from the road file or from geometry."""
