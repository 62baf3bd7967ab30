"""The project's own source, parsed: what the tests of its shape look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Source:
    """One file.

    Attributes:
        name: dotted, as it is imported: `recsys_core.data.store`, `pages.ui.parts`.
    """

    path: Path
    name: str
    text: str
    tree: ast.Module

    def place(self, node: ast.AST) -> str:
        """Where something stands, as an editor takes it: `pages/home.py:12`."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


@lru_cache(maxsize=1)
def product() -> tuple[Source, ...]:
    """Every file of the product: app.py, pages, recsys_core."""
    paths = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "recsys_core").rglob("*.py")]
    return tuple(_parsed(path) for path in sorted(paths))


def _parsed(path: Path) -> Source:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Source(path, name, text, ast.parse(text))


def imports_of(source: Source) -> Iterator[tuple[str, ast.AST]]:
    """Every imported module by its dotted name, those inside functions too."""
    known = {one.name for one in product()}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{source.place(node)}: imports are absolute"
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield (inner if inner in known else module), node


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(function: ast.expr) -> str:
    """The last part of what is called: `st.column_config.Column` -> `Column`."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def dotted(function: ast.expr) -> str:
    """The whole name of what is called: `np.load`; empty where it is no plain name."""
    if isinstance(function, ast.Attribute):
        head = dotted(function.value)
        return f"{head}.{function.attr}" if head else ""
    return function.id if isinstance(function, ast.Name) else ""
