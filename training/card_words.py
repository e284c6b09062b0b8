"""What a model card says in words: what holds for every model, and what its maker says of the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .reliability import Z
from .rows import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WANDER = 0.2  # by how much, as a share, a count may wander by wrong tags alone


@dataclass(frozen=True, slots=True)
class About:
    """What the maker of the data and the models says of them; Markdown, empty where nothing was said.

    Attributes:
        models: what there is to say of the models beyond their manifests.
        sampling: how the rows that are measured on were drawn.
        annotation, agreement, dates: how and when the rows were annotated, and how far annotators agree.
        licence: of the models.
        speed: texts a second, or where that stands.
        sources: by id, what each source is and under which licence.
        failures: known failures that no figure shows, one an entry.
    """

    models: str = ""
    sampling: str = ""
    annotation: str = ""
    agreement: str = ""
    dates: str = ""
    licence: str = ""
    speed: str = ""
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    failures: tuple[str, ...] = ()


TEXTS = ("models", "sampling", "annotation", "agreement", "dates", "licence", "speed")


def read_about(path: Path) -> About:
    """Read what is said of the data: YAML with the fields of `About`, all optional.

    Raises:
        DataError: the file cannot be read, is not YAML, or has other fields or values than these.
    """
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (near byte {error.start}); convert it first") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise DataError(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}") from None
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise DataError(f"{path}: need fields and their texts; the fields are {', '.join((*TEXTS, 'sources', 'failures'))}")
    for key, value in raw.items():
        _check(path, key, value)
    texts: dict[str, Any] = {key: raw[key].strip() for key in TEXTS if key in raw}
    return About(**texts, sources=raw.get("sources") or {}, failures=tuple(raw.get("failures") or ()))


def _check(path: Path, key: Any, value: Any) -> None:
    if key in TEXTS:
        if not isinstance(value, str):
            raise DataError(f"{path}: {key} must be a text (in quotes, if it looks like a date or a number)")
    elif key == "failures":
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise DataError(f"{path}: failures must be a list of texts")
    elif key == "sources":
        for name, said in value.items() if isinstance(value, dict) else [("", None)]:
            if not isinstance(name, str) or not isinstance(said, dict) or not set(said) <= {"what", "licence"}:
                raise DataError(f"{path}: sources must give, for each source, what it is and its licence; {name!r} does not")
            if not all(isinstance(v, str) for v in said.values()):
                raise DataError(f"{path}: what and licence of source {name} must be texts")
    else:
        raise DataError(f"{path}: unknown field {key!r}; there are {', '.join((*TEXTS, 'sources', 'failures'))}")


def rows_for_a_trend(precision: float) -> int | None:
    """How many tagged rows a count needs so that wrong tags alone move it by less than `WANDER`, in 95 cases of 100.

    The number of right rows among n tagged ones is taken as binomial; None where the precision is not known or 0.
    """
    if not 0 < precision <= 1:
        return None
    return max(1, math.ceil(Z * Z * (1 - precision) / (precision * WANDER * WANDER)))


INTENDED = """\
Research on many texts at once: what fields of technology the firms, grants, patents, papers, policies or investments of a
data set are about, how they differ between places, sources and years, and which rows a person should read first. Every tag
comes with a probability and with the words that spoke for it, so that a researcher can set the threshold that a question
needs, draw a sample, read it, and report how much of it was right. We ask that of every study: **read a random sample of
your own rows, at least 100, before you believe the figures below for your table**.

Choose the profile by the question: `precision` where a wrong tag costs more than a missed row (lists that are shown to
people), `recall` where a person reads what is found anyway, `balanced` for counting. Counts are better made of the stated
probabilities than of tags given, where the reliability diagram below allows it."""

NOT_FOR = """\
- **Decisions about a single firm, person or transaction** without a person who reads the text and answers for the decision:
  export-control, sanctions or investment screening, credit, procurement, grants, hiring, visas. {wrong} A screening list
  made with it would name firms for words that merely stand in their descriptions, and miss others.
- **As evidence that someone owns, masters or is good at a technology.** A tag says what a text is *about*. It does not say
  that the text is true, that the technology works, that it is new, or whose it is; boasts and plans are tagged like
  products.
- **As evidence of absence.** A row without a tag may be short, vague or misread: {missed}
- **Other languages than {languages}.** Texts in another language get tags by chance resemblance, or none, without warning;
  translate them first and measure again.
- **Texts shorter than a few words** ({short}), bare names of firms or products, codes, and key-word lists. What a name
  alone would tell a person who knows the firm is not in the text. For labels and codes there are `techtags harmonise` and
  the crosswalks.
- **Historical texts.** The words are those of the years stated under "Data". Older texts use words that have since changed
  their meaning or had not been coined, and technologies that the standard does not list; nothing here was measured on them.
- **Trends and comparisons of small counts.** {trend} Beyond that, errors do not average out with more rows where they
  differ between sources or years: when the mix of sources changes, so does the share of wrong tags, and that looks like a
  trend. Compare within one source, or weigh by source, and see the tag's own figures below.
- **Tags that are listed as unmeasured below**, as if the overall figures held for them.
- **Personal data.** It reads descriptions of activities; it must not be pointed at texts about private persons.
- **As training data for another system without saying so**, or as a gold standard: its tags carry its own habits."""


def not_for(precision: float, recall: float, languages: str, short: str) -> str:
    """What a model must not be used for, with what was measured."""
    need = rows_for_a_trend(precision)
    wrong = f"Of the tags given here, {1 - precision:.0%} were wrong at the default profile." if precision == precision else ""
    missed = f"{1 - recall:.0%} of the annotated tags were not given." if recall == recall else "no recall could be measured."
    trend = (
        f"With fewer than {need} tagged rows a tag and period, wrong tags alone can move a count by {WANDER:.0%} or more "
        f"(at the overall precision of {precision:.2f}; a tag whose precision is 0.50 needs {rows_for_a_trend(0.5)})."
        if need
        else "No number of rows can be named here, since no precision could be measured."
    )
    return NOT_FOR.format(wrong=wrong, missed=missed, languages=languages, short=short, trend=trend)


METHODS = """\
- *Leaf* figures compare the very sets of tags that annotators gave; *closure* figures add all ancestors to both sides;
  *domain* figures compare the domains. F1 is micro-averaged; *macro* is the mean F1 over tags with 3 or more rows.
  *Primary* is the share of rows with technology whose first tag is right. *none P* and *none R* are precision and recall of
  "no technology". *ECE* is the expected calibration error of the tags given (10 equal bins; Guo et al., 2017). *cov@95* is
  the share of rows, surest first, of which 95% have the right domain first. They are computed by `training/metrics.py`, as
  `techtags evaluate` does.
- **Intervals** are 95% percentile bootstrap intervals ({times} draws of the rows with replacement, seed {seed}); rows of
  one group are drawn together, and the draws of macro-F1 are centred (a draw leaves some tags with hardly a row). They say
  how far the figures would move with other rows *of the same kind*. They do not cover rows of other sources, nor that
  annotators may be wrong.
- **Calibration error by chance**: {simulations} times, every tag given is made right with the very probability stated, and
  the error is computed again. A perfectly calibrated model would show that much.
- Groups of fewer than {least} rows are left out; a group of 20 rows is known to about 0.1 either way."""

WHAT = """\
A classifier that gives a text tags of the standard "{title}", release {version}: {tags} tags in {domains} domains, several
or none a text, the main one first, each with a calibrated probability. A tag is given when its probability reaches a
threshold that was chosen for it on rows that the model had not seen; there are thresholds for three profiles, `balanced`
(the default), `precision` and `recall`. Where only the field is sure, the broader tag is given."""

DIFFERENCE = """\
How much higher the figures of {name} are, on the same {rows} rows and the same draws of them (paired bootstrap); *higher*
is the share of draws in which they are. An interval without 0 is a difference that other rows of the same kind would show
too."""

CALIBRATION = """\
Of the tags that are given with a probability of 0.8, eight in ten should be right. The numbers in the picture are tags a
bin, the bars 95% intervals of what held (Wilson)."""

BY_CHANCE = """\
*By chance* is what a perfectly calibrated model would show at this size: on average, and the value that it exceeds in one
case of 20. *As high* is the share of such cases whose error is at least that measured: a large share means that the error
measured may be all chance, a very small one that the probabilities are off."""

RISK = """\
How many rows can be kept, surest first, and how many of these are wrong. The likeliest domain is judged on every row, one
without technology counting as wrong; the first tag on rows that get one (right if it, or a tag below it, was annotated)."""

CONTRAST = """\
Written cases with homonyms, firm names, what was sold off, what others do, boasts, bans, negation, and pairs that differ in
a few words. They are harder than real texts by design. A model that never gives a tag passes all that ask for none, so
these are counted apart."""

FIRMS = """\
The names of {n} well-known firms, English and Chinese, are replaced by "the company" or "该公司"; the tags should not change,
since a name alone must decide nothing. Rows are named by their ids."""

TAG_BY_TAG = """\
Precision, recall and F1 of each tag for each profile. A tag with 10 rows is known to about 0.15 either way, one with 3
hardly at all. A dash: never given."""

CONFUSION = """\
For every annotated tag that was not given: the nearest wrong tag that the row got instead. Pairs that occur once or twice
may be accidents. Siblings share a parent. Profile `{profile}`."""
