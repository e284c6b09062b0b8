"""What scikit-learn's users pass as X and y, as texts and lists of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def texts_of(X: Any) -> list[str]:
    """The texts of a list, an array, a column, or a table of one column; missing ones are empty.

    Raises:
        TypeError: it is one string, or holds something that is no text; the message names the row.
        ValueError: it has several columns, or no dimension.
    """
    if isinstance(X, (str, bytes)):
        raise TypeError("X is one string; give a list of texts")
    if hasattr(X, "toarray"):
        raise TypeError("X is a sparse matrix; give a list of texts")
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) != 1:
        if len(shape) != 2 or shape[1] != 1:
            raise ValueError(f"X has the shape {tuple(shape)}; give one text a row, such as a single column")
        X = np.asarray(X, dtype=object)[:, 0]
    out = []
    for row, value in enumerate(X.tolist() if hasattr(X, "tolist") else X):
        if isinstance(value, str):
            out.append(str(value))
        elif _is_missing(value):
            out.append("")
        else:
            raise TypeError(f"X, row {row}: {type(value).__name__}, not text")
    return out


def tag_lists(y: Any, n: int, known: Sequence[Any] | None, *, strict: bool = True) -> tuple[list[Any], list[list[Any]]]:
    """The classes, and for each row its tags.

    Args:
        y: lists of tags, strings of tags joined with ``;``, or a matrix of 0 and 1.
        n: how many texts there are.
        known: the classes, if they are known; else they are those in `y`: sorted, or the numbers of the matrix's columns.
        strict: whether a tag that is not known is an error.

    Raises:
        ValueError: `y` is none of these, does not fit the texts, or holds an unknown tag; the message names the row.
    """
    if y is None:
        raise ValueError("this estimator requires y to be passed, but the target y is None")
    if isinstance(y, (str, bytes)):
        raise ValueError("y is one string; give the tags of each text")
    if hasattr(y, "toarray"):
        y = y.toarray()
    if len(getattr(y, "shape", ())) == 2:
        return _of_matrix(np.asarray(y), n, known)
    rows = list(y.tolist() if hasattr(y, "tolist") else y)
    if len(rows) != n:
        raise ValueError(f"{n} texts and {len(rows)} rows of y; give one a text")
    lists = [_tags(value, row) for row, value in enumerate(rows)]
    classes = (
        list(known) if known is not None else sorted({t for tags in lists for t in tags}, key=lambda t: (isinstance(t, str), t))
    )
    if not classes:
        raise ValueError("y holds no tag at all; there is nothing to learn")
    allowed = set(classes)
    for row, tags in enumerate(lists if strict else ()):
        for tag in tags:
            if tag not in allowed:
                raise ValueError(f"y, row {row}: {tag!r} is no active tag of the taxonomy")
    return classes, lists


def _of_matrix(y: Any, n: int, known: Sequence[Any] | None) -> tuple[list[Any], list[list[Any]]]:
    if len(y) != n:
        raise ValueError(f"{n} texts and {len(y)} rows of y; give one a text")
    if not (np.issubdtype(y.dtype, np.number) or y.dtype == bool) or not np.isin(y, (0, 1)).all():
        raise ValueError("y is a matrix that holds something else than 0 and 1; give lists of tags, or a matrix of 0 and 1")
    classes = list(known) if known is not None else list(range(y.shape[1]))
    if len(classes) != y.shape[1]:
        raise ValueError(f"y has {y.shape[1]} columns for {len(classes)} classes; give lists of tags, or a column a class")
    if not classes:
        raise ValueError("y has no column; there is nothing to learn")
    return classes, [[classes[i] for i in np.flatnonzero(row)] for row in y]


def _tags(value: Any, row: int) -> list[Any]:
    if isinstance(value, str):
        return list(dict.fromkeys(t for t in (part.strip() for part in value.split(";")) if t))
    if _is_missing(value):
        return []
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)  # a set has no main tag; its order would change from run to run
    if isinstance(value, (list, tuple, np.ndarray)):
        for tag in value:
            if isinstance(tag, bool) or not isinstance(tag, (str, int, np.integer)):
                raise ValueError(f"y, row {row}: the tag {tag!r} is {type(tag).__name__}, not a string")
        return list(dict.fromkeys(str(t) if isinstance(t, str) else int(t) for t in value))
    raise ValueError(f"y, row {row}: {type(value).__name__}; give a list of tags, a string of tags, or a matrix of 0 and 1")


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)  # NaN is not equal to itself
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"
