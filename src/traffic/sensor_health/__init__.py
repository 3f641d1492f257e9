"""Which sensors are out of order, judged once a minute from what they last said."""
