"""The JSON Schemas (draft 2020-12) of everything that techtags writes, and one way to validate against them."""

from .validation import NAMES, Problem, SchemaProblem, problems, schema, validate

__all__ = ["NAMES", "Problem", "SchemaProblem", "problems", "schema", "validate"]
