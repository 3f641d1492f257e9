"""Names, and the cells in which no spreadsheet calculates them."""

FORMULAS = [
    ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
    (" @sum(1)", "' @sum(1)"),
    ("+49 30", "'+49 30"),
    ("-1", "'-1"),
    ("A; =1+1", "A;' =1+1"),
    ("Tab\t-1", "Tab\t'-1"),
    ("\uff1d1+1", "'\uff1d1+1"),
    ("Main, north", "Main, north"),
    ("A-7 + B", "A-7 + B"),
]
