r"""LaTeX to plain text, only where there is LaTeX.

An abstract is prose with islands of LaTeX in it. The islands are found here and read alone
(indexer.latex_island), so the prose around them (a `%`, a `$5`, a `C:\Users`, a `--flag`) can't be taken for
markup, and no island is long or deep enough to make the reading slow.
"""

import re

from indexer.latex_island import plain

LONGEST = 5000  # characters of one island
DEEPEST = 20  # braces within braces: pylatexenc recurses once for each

_SIGN_OF_LATEX = re.compile(r"[\\$~]|``|''|--")
# A Springer abstract repeats a whole preamble before each formula.
_PREAMBLE = re.compile(
    r"\\documentclass(?:(?!\\documentclass).){0,2000}?\\begin\{document\}|\\end\{document\}", re.DOTALL
)
# Left by programs that escape quotes: \"so\" and don\'t are no accents.
_ESCAPED_QUOTATION = re.compile(r'(?<!\w)\\"([^"\\]{1,500})\\"(?!\w)')
_ESCAPED_APOSTROPHE = re.compile(r"(?<=[^\W\d_])\\'(?=(?:s|t|d|m|re|ve|ll)\b)")

_ISLAND = re.compile(
    r"""(?P<address>https?://[^\s{}$\\]+)
      | (?P<math>\$\$(?:[^$\\]|\\.){1,2000}+\$\$
               | \$(?:[^$\\]|\\.){1,2000}+\$
               | \\\((?:[^\\]|\\[^()]){1,2000}+\\\)
               | \\\[(?:[^\\]|\\[^\[\]]){1,2000}+\\\])
      | (?P<accent>\\(?:"(?=[aeiouyAEIOUY{\\]) | ['`^~=.](?=[A-Za-z{\\]) | [cvuHkr]\ (?=[A-Za-z])))
      | (?P<command>\\[A-Za-z]+\*?)
      | (?P<symbol>\\[%&\#_${}\\,;:!/ -])
      | (?P<group>\{(?=\\[A-Za-z"'`^~=.]))
      | (?P<mark>``(?=\S) | (?<=[^\s'])''(?!')
               | (?<=\w)---?(?=\w) | (?<=\s)---?(?=\s)         # but "--flag"
               | (?<=[A-Za-z.,)}])~(?=[\w(\\$]) | (?<=\d)~(?=[A-Za-z]) | ~(?=\\))  # but "~5%", "1~10"
    """,
    re.VERBOSE | re.DOTALL,
)
_SYMBOLS = {r"\\": " ", r"\,": " ", r"\;": " ", r"\:": " ", r"\ ": " ", r"\!": "", r"\/": "", r"\-": ""}
_MARKS = {"``": "“", "''": "”", "---": "—", "--": "–", "~": " "}
_OPTION = re.compile(r"\[[^\[\]{}]{0,100}\](?=[\[{])")
_LETTER = re.compile(r"\\[ij](?![A-Za-z])|[A-Za-z]")
_PRICE = re.compile(r"\$\d[\d.,]*\s*(?:[A-Za-z(]{2,}|\()[^\\^_={}]*\$")


def readable(text: str) -> str:
    """The text with its LaTeX as plain Unicode; what can't be read as LaTeX stays as it is. Never raises."""
    if not _SIGN_OF_LATEX.search(text):
        return text
    if "\\" in text:
        text = _PREAMBLE.sub(" ", text)
        text = _ESCAPED_APOSTROPHE.sub("'", _ESCAPED_QUOTATION.sub(r'"\1"', text))
    groups = _groups(text)
    pieces: list[str] = []
    position = 0
    while match := _ISLAND.search(text, position):
        pieces.append(text[position : match.start()])
        plain_text, position = _read(text, match, groups)
        pieces.append(plain_text)
    return "".join([*pieces, text[position:]])


def _groups(text: str) -> dict[int, int]:
    """For each brace that opens a group of a readable size: where the group ends."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    heights = [0]
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if match[0] == "{":
            opened.append(match.start())
            heights.append(0)
        elif match[0] == "}" and opened:
            start, height = opened.pop(), heights.pop() + 1
            heights[-1] = max(heights[-1], height)
            if height <= DEEPEST and match.end() - start <= LONGEST:
                ends[start] = match.end()
    return ends


def _read(text: str, match: re.Match[str], groups: dict[int, int]) -> tuple[str, int]:
    """The island that begins with this match, in plain text, and where it ends."""
    start, end = match.span()
    match match.lastgroup:
        case "address":
            return match[0], end
        case "symbol":
            return _SYMBOLS.get(match[0], match[0][1:]), end
        case "mark":
            return _MARKS[match[0]], end
        case "math":
            if not _is_math(match[0], text[end : end + 1]):
                return text[start], start + 1
        case "group":
            if start not in groups:
                return text[start], start + 1
            end = groups[start]
        case "accent":
            letter = _LETTER.match(text, end)
            end = letter.end() if letter else groups.get(end, end)
        case _:
            end = _end_of_arguments(text, end, groups)
    return plain(text[start:end]), end


def _end_of_arguments(text: str, position: int, groups: dict[int, int]) -> int:
    limit = position + LONGEST
    end = position
    while option := _OPTION.match(text, end):
        end = option.end()
    while end in groups and groups[end] <= limit:
        end = groups[end]
    return end if text[end - 1] == "}" else position


def _is_math(island: str, following: str) -> bool:
    """Tell `$n$` from the two prices in `$5 and $10`."""
    if island[0] == "\\" or island.startswith("$$"):
        return True
    if following.isdigit() or _PRICE.fullmatch(island):
        return False
    tight = not island[1].isspace() and not island[-2].isspace()
    return tight or any(sign in island for sign in "\\^_=")
