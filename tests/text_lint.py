"""Finds text that a person reads and that does not go through gettext. A lint by reading the source, no import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.source_code import Source, calls_in, dotted, name_of

GETTEXT = {"_", "N_", "ngettext"}

DISPLAY = {
    "title", "header", "subheader", "caption", "markdown", "write", "text", "info", "warning", "error",
    "success", "toast", "status", "spinner", "metric", "button", "download_button", "link_button",
    "form_submit_button", "page_link", "checkbox", "toggle", "radio", "selectbox", "multiselect",
    "slider", "select_slider", "text_input", "text_area", "number_input", "date_input", "time_input",
    "file_uploader", "segmented_control", "pills", "feedback", "expander", "popover", "tabs",
    "progress", "dialog", "badge", "chat_input", "Column", "TextColumn", "NumberColumn",
    "CheckboxColumn", "ProgressColumn", "DatetimeColumn", "DateColumn", "ListColumn", "empty", "about",
    "plain", "card",
}  # fmt: skip
"""What shows its first arguments to a person: Streamlit's own calls and those of pages/ui."""

TEXT_KEYWORDS = {
    "label", "help", "placeholder", "title", "text", "alt", "body", "caption", "caption_text",
    "message", "badge", "reason", "heading", "legend", "page_title", "subtitle", "description",
}  # fmt: skip
"""Arguments whose text a person reads, whatever is called."""

WRAPPERS = {
    "plain", "chips", "join", "format", "strip", "capitalize", "upper", "lower", "str", "plain_error",
}  # fmt: skip
"""Calls through which a text passes on its way to the screen."""

TEXTS_OF = {"empty": (0, 1), "title": (0, 1), "page_link": (), "metric": (0,), "about": tuple(range(9))}
"""Positions of the texts where it is not the first argument alone."""

_MARKUP = re.compile(r":material/\w+:|:\w+-badge\[|&\w+;|#[0-9a-fA-F]{6}\b|`[^`]*`")
_WORD = re.compile(r"[^\W\d_]{2,}|[^\W\d_]\b")
_TWO_WORDS = re.compile(r"[^\W\d_]{2,}[,;:.!?]? [^\W\d_]{2,}")
_ACRONYM = re.compile(r"[A-Z0-9@]+")
_FIELD = re.compile(r"\w+:[NQOT]")
"""Altair's short form of a column and its type."""
_PIECES: dict[type[ast.expr], tuple[str, ...]] = {
    ast.JoinedStr: ("values",),
    ast.FormattedValue: ("value",),
    ast.BinOp: ("left", "right"),
    ast.IfExp: ("body", "orelse"),
    ast.BoolOp: ("values",),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Starred: ("value",),
    ast.ListComp: ("elt",),
    ast.GeneratorExp: ("elt",),
}
"""Where the pieces of a composed text stand."""


def has_words(text: str) -> bool:
    """Whether letters remain once markup, icons and acronyms are gone."""
    rest = _MARKUP.sub(" ", text)
    return any(not _ACRONYM.fullmatch(word) for word in _WORD.findall(rest))


def untranslated(value: ast.expr, local: dict[str, list[ast.expr]]) -> Iterator[ast.expr]:
    """The literals with words in an expression that stand outside gettext."""
    if isinstance(value, ast.Constant):
        shorthand = isinstance(value.value, str) and _FIELD.fullmatch(value.value)
        if isinstance(value.value, str) and not shorthand and has_words(value.value):
            yield value
    elif isinstance(value, ast.Name):
        for assigned in local.get(value.id, []):
            yield from untranslated(assigned, {})
    else:
        for part in _parts(value):
            yield from untranslated(part, local)


def _parts(value: ast.expr) -> list[ast.expr]:
    """The expressions that may become the text, or a piece of it; none of what stands inside gettext."""
    if isinstance(value, ast.Call):
        if name_of(value.func) not in WRAPPERS:
            return []
        before = [value.func.value] if isinstance(value.func, ast.Attribute) else []
        return [*before, *value.args]
    fields = next((fields for kind, fields in _PIECES.items() if isinstance(value, kind)), ())
    pieces = [getattr(value, field) for field in fields]
    return [one for piece in pieces for one in (piece if isinstance(piece, list) else [piece])]


def shown_texts(source: Source) -> Iterator[ast.expr]:
    """Untranslated texts at the places of a page or a chart that a person reads."""
    for scope, calls in _scopes(source.tree):
        local = _assigned(scope)
        for call in calls:
            name = name_of(call.func)
            on_screen = name in DISPLAY and isinstance(call.func, ast.Attribute)
            places = TEXTS_OF.get(name, (0,)) if on_screen else ()
            shown = [call.args[place] for place in places if place < len(call.args)]
            shown += [one.value for one in call.keywords if one.arg in TEXT_KEYWORDS]
            for text in shown:
                yield from untranslated(text, local)
            if name in {"dataframe", "table", "data_editor", "DataFrame"} and call.args:
                yield from _column_names(call.args[0])
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Dict):  # a Vega-Lite specification
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in {"title", "text", "description"}:
                    yield from untranslated(value, {})


def _column_names(table: ast.expr) -> Iterator[ast.expr]:
    """Keys of a table that is written down where it is shown: they become its column names."""
    rows = table.elts if isinstance(table, ast.List) else [table]
    for row in rows:
        made = row.elt if isinstance(row, ast.ListComp) else row
        if isinstance(made, ast.Dict) and not isinstance(table, ast.Dict):
            yield from (one for key in made.keys if key is not None for one in untranslated(key, {}))


def loose_sentences(source: Source) -> Iterator[ast.AST]:
    """Literals of two words or more anywhere in a page or chart, docstrings and messages of bugs left out."""
    allowed = set()
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            allowed |= {id(one.value) for one in node.body if isinstance(one, ast.Expr)}
        elif isinstance(node, ast.Call) and (name_of(node.func) in GETTEXT or _is_bug(node)):
            allowed |= {id(one) for one in ast.walk(node)}
    for node in ast.walk(source.tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in allowed else None
        if isinstance(text, str) and _TWO_WORDS.search(_MARKUP.sub(" ", text)):
            yield node


def _is_bug(call: ast.Call) -> bool:
    return name_of(call.func) in {"ValueError", "TypeError", "AssertionError", "RuntimeError"}


def error_texts(source: Source, errors: set[str]) -> Iterator[ast.expr]:
    """Untranslated `what` and `remedy` of errors, and the messages that a job or the first start leaves."""
    keywords = {"error", "message"}
    for scope, calls in _scopes(source.tree):
        local = _assigned(scope)
        for call in calls:
            name = name_of(call.func)
            wanted = (
                {"what", "remedy"}
                if name in errors
                else keywords
                if name in {"set_state", "_tell"}
                else set()
            )
            for keyword in call.keywords:
                if keyword.arg in wanted:
                    yield from untranslated(keyword.value, local)


def unfindable(source: Source) -> Iterator[ast.Call]:
    """Calls of gettext whose message a translator's tool cannot find: f-strings and sums."""
    for call in calls_in(source.tree):
        if dotted(call.func) in GETTEXT and call.args:
            bad = isinstance(call.args[0], (ast.JoinedStr, ast.BinOp))
            formatted = isinstance(call.args[0], ast.Call) and name_of(call.args[0].func) == "format"
            if bad or formatted:
                yield call


def _scopes(tree: ast.Module) -> Iterator[tuple[ast.AST, list[ast.Call]]]:
    """Each function with the calls that stand in it, and the module with all others."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside: set[int] = set()
    for function in functions:
        calls = [call for call in calls_in(function) if id(call) not in inside]
        inside |= {id(call) for call in calls}
        yield function, calls
    yield tree, [call for call in calls_in(tree) if id(call) not in inside]


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """What the names of a function or module are set to, so that `text = "..."; st.info(text)` is seen."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for name, value in _pairs(target, node.value):
                    found.setdefault(name, []).append(value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.setdefault(node.target.id, []).append(node.value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        sides = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts) else []
        if isinstance(value, ast.IfExp):
            for side in (value.body, value.orelse):
                yield from _pairs(target, side)
        for one, given in zip(target.elts, sides, strict=False):
            yield from _pairs(one, given)
