"""Connected congested segments, as one incident."""
