"""The commands that the pages show, taken apart as a shell would."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from ..shape.sources import ROOT, documents

# Of any language: the end of one that is no shell's must not pass for a beginning.
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
_SHELLS = {"", "console", "sh", "bash", "shell"}
_SPAN = re.compile(r"`([^`]+)`")
_SLOT = re.compile(r"<[^<>\n]+>")  # <what the reader fills in>
_CONTINUED = re.compile(r"\\\n\s*")
_SETTING = re.compile(r"[A-Za-z_]+=.*", re.S)
_KEYWORDS = {"do", "then", "else", "!", "$", "%", "exec", "time", "sudo"}


class Command(NamedTuple):
    """One command: its page, its words; *whole* if a reader would paste it."""

    page: str
    words: tuple[str, ...]
    whole: bool

    @property
    def text(self) -> str:
        """The command as one line, behind its page."""
        return f"{self.page}: {shlex.join(self.words)}"


def shown(program: str) -> list[Command]:
    """Return each command of *program* that some page shows."""
    found = [one for page in documents() for one in _of(page.read_text(), str(page))]
    return [
        one._replace(page=one.page.removeprefix(f"{ROOT}/"))
        for one in found
        if one.words[0] == program
    ]


def _of(text: str, page: str) -> Iterator[Command]:
    for language, block in _BLOCK.findall(text):
        for words in words_of(block) if language in _SHELLS else ():
            yield Command(page, words, whole=True)
    for span in _SPAN.findall(_BLOCK.sub("", text)):
        for words in words_of(" ".join(span.split())):
            yield Command(page, words, whole=False)


def words_of(script: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command, those in `$(...)` too; what is no shell, not."""
    text = _SLOT.sub("FILLED_IN", _CONTINUED.sub(" ", script))
    outer, inner = _substitutions(text)
    for one in inner:
        yield from words_of(one)
    for line in outer.splitlines():
        yield from _commands(line)


def _substitutions(text: str) -> tuple[str, list[str]]:
    """Return *text* with a word in place of each `$(...)`, and what stood in them."""
    kept, inner, depth, start = [], [], 0, 0
    place = 0
    while place < len(text):
        opens = text.startswith("$(", place)
        if opens and depth == 0:
            start = place + 2
        depth += opens or (depth > 0 and text[place] == "(")
        if depth == 0:
            kept.append(text[place])
        elif text[place] == ")":
            depth -= 1
            if depth == 0:
                inner.append(text[start:place])
                kept.append("SUBSTITUTED")
        place += 2 if opens else 1
    return "".join(kept), inner


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:  # prose with an apostrophe, or a command that has to fail
        words = line.split()
    command: list[str] = []
    for word in [*words, ";"]:
        if set(word) <= set("|;&>"):
            if command:
                yield tuple(command)
            command = []
        elif command or not _leads(word):
            command.append(word.removeprefix(".venv/bin/") if not command else word)


def _leads(word: str) -> bool:
    """Whether a word only stands before the command."""
    return word in _KEYWORDS or bool(_SETTING.fullmatch(word))
