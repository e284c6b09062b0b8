"""Texts and labels to tags: features, model, decision, evidence."""

from .columns import COLUMNS, LONG_COLUMNS
from .model import PROFILES, Model, ModelError
from .result import Assignment, Candidate, LabelMatch, Span, Tagging, Versions
from .tagger import Tagger, join_texts

__all__ = [
    "COLUMNS",
    "LONG_COLUMNS",
    "PROFILES",
    "Assignment",
    "Candidate",
    "LabelMatch",
    "Model",
    "ModelError",
    "Span",
    "Tagger",
    "Tagging",
    "Versions",
    "join_texts",
]
