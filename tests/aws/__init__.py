"""What only AWS can answer, asked of a real account: `make test-aws`.

`__main__.py` asks before it spends, `trial.py` runs commands and cleans up, and each
function of `questions.py` asks one question. The same runs against a local city, as far
as that goes.
"""
