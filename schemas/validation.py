"""Validate a document against one of the schemas.

jsonschema is imported on first use: starting the command line does not pay for it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.protocols import Validator

NAMES = ("release", "source", "collection", "tagging", "crosswalk", "model", "project")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document.

    Attributes:
        where: path to it, such as ``tags[3].label.zh``; empty for the document itself.
        message: what is wrong.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where or 'document'}: {self.message}"


class SchemaProblem(ValueError):
    """A document does not follow its schema.

    Attributes:
        problems: everything that is wrong, in the order of the document.
    """

    def __init__(self, name: str, found: list[Problem]) -> None:
        self.problems = found
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        super().__init__(f"not a valid {name} document: {found[0]}{more}")


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema called `name`, as a dictionary.

    Raises:
        KeyError: there is no such schema.
    """
    if name not in (*NAMES, "common"):
        raise KeyError(f"no schema {name!r}; there are {', '.join(NAMES)}")
    text = (files(__package__) / f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator(name: str) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry, Resource

    resources = [(schema(n)["$id"], Resource.from_contents(schema(n))) for n in (*NAMES, "common")]
    kind = extend(Draft202012Validator, {"pattern": _pattern})
    validator: Validator = kind(schema(name), registry=Registry().with_resources(resources))
    return validator


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    """JSON Schema's `$` is the end of a text alone; Python's stands before a last line break too."""
    from jsonschema import ValidationError

    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _where(path: Any) -> str:
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else (f".{step}" if out else str(step))
    return out


def problems(document: Any, name: str) -> list[Problem]:
    """Everything in `document` that the schema called `name` forbids, in the order of the document."""
    errors = sorted(_validator(name).iter_errors(document), key=lambda e: [str(p).zfill(9) for p in e.absolute_path])
    return [_problem(e) for e in errors]


def _problem(error: Any) -> Problem:
    forbidden = error.validator == "not" and error.validator_value == {}
    return Problem(_where(error.absolute_path), "must not stand here" if forbidden else _shorten(error.message))


def validate(document: Any, name: str) -> None:
    """Check a document.

    Args:
        document: what `json.load` gave.
        name: one of `NAMES`.

    Raises:
        SchemaProblem: the document does not follow the schema.
    """
    found = problems(document, name)
    if found:
        raise SchemaProblem(name, found)


def _shorten(message: str, limit: int = 240) -> str:
    return message if len(message) <= limit else f"{message[: limit // 2]} … {message[-limit // 2 :]}"
