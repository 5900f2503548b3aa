"""A reader who does what the guides say: pastes each block, and puts in what the answers before gave."""

import html
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from sandbox.portal.pages import ADDRESS

COMMENT = re.compile(r"<!-- ([a-z ]+): (.+) -->")
# A value to be put in, such as `sk_test_…`; the reader knows it by how it begins.
BLANK = re.compile(r"((?:[a-z]+_)+)…")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
END = "-- the block has ended --"


class Block(NamedTuple):
    """A fenced block, and what the comment right before it says about it."""

    line: int
    language: str
    text: str
    mark: str = ""
    reason: str = ""


def blocks_of(markdown: str) -> list[Block]:
    found: list[Block] = []
    mark, reason = "", ""
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type == "fence":
            line = token.map[0] + 1 if token.map else 0
            found.append(Block(line, token.info, token.content, mark, reason))
        comment = COMMENT.fullmatch(token.content.strip()) if token.type == "html_block" else None
        mark, reason = (comment[1], comment[2]) if comment else ("", "")
    return found


def commands_of(page: str) -> list[Block]:
    """Take the commands from a web page: what is shown, not how it is written."""
    texts = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    return [Block(number, "sh", html.unescape(text)) for number, text in enumerate(texts, 1)]


class Shell:
    """One session of bash: what a block sets, the next one sees. An HTTP error ends it, as any other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, text: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{{\n{text}\n}} </dev/null\nprintf '\\n%s\\n' '{END}'\n")
        self._process.stdin.flush()
        printed = ""
        for line in self._process.stdout:
            if line.rstrip("\n") == END:
                return printed
            printed += line
        raise AssertionError(
            f"the shell ended with {self._process.wait()} at:\n{text}\nand printed:\n{printed}"
        )


@contextmanager
def shell(home: Path) -> Iterator[Shell]:
    (home / ".curlrc").write_text("fail-with-body\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "CURL_HOME": str(home)}
    with subprocess.Popen(
        ["bash", "-euo", "pipefail"],  # noqa: S607 - the reader's own shell
        cwd=home,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield Shell(process)


class Reader:
    """Has signed up, runs the blocks of one page in order, and remembers what was answered."""

    def __init__(self, address: str, shell: Shell, signed_up: object, names: dict[str, Any]) -> None:
        self._address = address
        self._shell = shell
        self._names = names
        self._seen = list(strings_in(signed_up))
        self.answer: Any = None

    def do(self, block: Block) -> None:
        match block.language:
            case "sh":
                self._paste(block.text)
            case "python":
                code = compile(block.text, f"<block at line {block.line}>", "exec")
                exec(code, self._names)  # noqa: S102 - our own text
            case "json":
                assert fits(json.loads(block.text), self.answer), (
                    f"the guide shows\n{block.text}\nbut the answer was\n{json.dumps(self.answer, indent=2)}"
                )
            case other:
                raise AssertionError(f"nobody knows how to run {other!r}: mark it `<!-- not run: reason -->`")

    def _paste(self, text: str) -> None:
        printed = self._shell.run(BLANK.sub(self._fill, text).replace(ADDRESS, self._address))
        self.answer = json.loads(printed)
        self._seen += strings_in(self.answer)

    def _fill(self, blank: re.Match[str]) -> str:
        known = [text for text in self._seen if text.startswith(blank[1]) and not text.endswith("…")]
        assert known, f"no answer gave a value that begins with {blank[1]}"
        return known[-1]


def strings_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from strings_in(inner)
        case list():
            for inner in value:
                yield from strings_in(inner)


def fits(shown: Any, got: Any) -> bool:
    """Say whether an answer is the one shown: the same, but for ids, times and measured figures."""
    match shown, got:
        case dict(), dict():
            return shown.keys() == got.keys() and all(fits(shown[name], got[name]) for name in shown)
        case list(), list():
            return len(shown) == len(got) and all(map(fits, shown, got))
        case str(), str() if BLANK.fullmatch(shown):
            return got.startswith(shown.removesuffix("…"))
        case str(), str() if TIME.fullmatch(shown):
            return TIME.fullmatch(got) is not None
        case float(), float():
            return True
    return bool(shown == got)
