r"""One piece of LaTeX, such as `\"o`, `\emph{so}` or `$x \leq y$`, as plain text."""

import logging
import re
from functools import cache, lru_cache

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import LatexMacroNode
from pylatexenc.latexwalker import get_default_latex_context_db as default_grammar
from pylatexenc.macrospec import LatexContextDb, MacroSpec

_SILENT = (
    *("em", "bf", "it", "rm", "sf", "tt", "sc", "sl", "cal", "left", "right", "middle", "limits", "nolimits"),
    *("big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr"),
    *("displaystyle", "textstyle", "xspace", "nonumber", "noindent", "protect", "item"),
)
_LETTERFORMS = (
    *("mathcal", "mathbb", "mathbf", "mathrm", "mathsf", "mathtt", "mathit", "mathfrak", "mathscr"),
    *("textbf", "textit", "textsc", "texttt", "textsf", "textrm", "textsl", "emph"),
)
_ARGUMENTS = {"href": "{{", "dfrac": "{{", "tfrac": "{{", "textcolor": "{{", "color": "{"}
_SPOKEN = {
    "href": "%(2)s (%(1)s)",
    "url": "%s",
    "textcolor": "%(2)s",
    "color": "",
    "ref": "[%s]",
    "eqref": "[%s]",
    "input": "%s",
    "include": "%s",
    "|": "‖",
    "ie": "i.e.",
    "eg": "e.g.",
    "etal": "et al.",
    **dict.fromkeys(_SILENT, ""),
    **dict.fromkeys(("cite", "citep", "citet"), "[%(4)s]"),
    # Plain letters: nobody types a mathematical 𝒳 into a search box.
    **dict.fromkeys(_LETTERFORMS, "%s"),
}


@lru_cache(maxsize=4096)
def plain(island: str) -> str:
    """The island as plain text, or as it is where it isn't LaTeX after all. Never raises."""
    if address := re.fullmatch(r"\\(?:url|path|nolinkurl)\{(.*)\}", island, re.DOTALL):
        return address[1]
    if re.fullmatch(r"\\(?:begin|end)\{\w+\*?\}.*", island, re.DOTALL):
        return " "
    if island[0] == "$" or island[:2] in (r"\(", r"\["):
        island = _spaced(island)
    elif re.fullmatch(r"\\[A-Za-z]+\*?", island) and _takes_arguments(island[1:]):
        # Some proceedings have lost their braces, "\mathcal O (N)": the dress goes, the letter stays.
        return "" if island[1:] in (*_LETTERFORMS, "underline", "href") else island
    # An unescaped % would make a comment of the rest of the line.
    island = re.sub(r"(?<!\\)((?:\\\\)*)%", r"\1\\%", island)
    try:
        text = _converter().latex_to_text(island, tolerant_parsing=False, latex_context=_grammar())
    except Exception:  # whatever a stranger's LaTeX does to the parser, the words stay
        return island.replace(r"\%", "%")
    return str(text)


def _spaced(formula: str) -> str:
    r"""Keep the space of `a \leq \epsilon`, which in TeX only ends a name, and the sense of `x^{n+1}`."""
    formula = re.sub(r"([\^_])\{(?!-?\w+\}|\\[A-Za-z]+\})([^{}]*)\}", r"\1{(\2)}", formula)
    return re.sub(r"\\([A-Za-z]+) +(?=\\[A-Za-z])", _with_space, formula)


def _with_space(match: re.Match[str]) -> str:
    return match[0] if match[1] in _SILENT or _takes_arguments(match[1]) else f"\\{match[1]}\\ "


def _takes_arguments(command: str) -> bool:
    spec = _grammar().get_macro_spec(command)
    return spec is not None and "{" in (spec.args_parser.argspec or "")


@cache
def _grammar() -> LatexContextDb:
    grammar = default_grammar()
    macros = [MacroSpec(command, arguments) for command, arguments in _ARGUMENTS.items()]
    grammar.add_context_category("papersearch", prepend=True, macros=macros)
    return grammar


@cache
def _converter() -> LatexNodes2Text:
    # What it has to say of a stranger's LaTeX is nothing that the user can mend.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    context = get_default_latex_context_db()
    macros = [MacroTextSpec(command, spoken) for command, spoken in _SPOKEN.items()]
    macros += [MacroTextSpec(command, _fraction) for command in ("frac", "dfrac", "tfrac")]
    context.add_context_category("papersearch", prepend=True, macros=macros)
    context.set_unknown_macro_spec(MacroTextSpec("", _unknown))
    return LatexNodes2Text(latex_context=context, math_mode="text")


def _fraction(node: LatexMacroNode, l2tobj: LatexNodes2Text) -> str:
    """`(a+b)/c`; pylatexenc gives the second argument by its name."""
    parts = [l2tobj.nodelist_to_text([argument]).strip() for argument in node.nodeargd.argnlist]
    return "/".join(f"({part})" if re.search(r"[^\w.]", part) else part for part in parts)


def _unknown(node: LatexMacroNode) -> str:
    r"""An author's own command: its argument if it has one, else its name (`\ours` may be the subject)."""
    state = node.parsing_state
    following = state.s[node.pos + node.len :][:2]
    if following.startswith("{") and following != "{}":
        return ""
    return str(node.macroname) if state.in_math_mode or following == "{}" else f"\\{node.macroname}"
