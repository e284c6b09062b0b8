"""scikit-learn: a multilabel classifier and a transformer of texts.

Both take a list, an array or a column of texts.  They work in pipelines, grid searches and `clone`; scikit-learn's and joblib's
own ways of sending or storing estimators work too, for what they hold is words, numbers and the bytes of a model's files.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .loading import Settings, need

need("sklearn", "sklearn")
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402

from .own_tags import ROOT, VERSION, ids, of_document, own_tags  # noqa: E402
from .targets import tag_lists, texts_of  # noqa: E402

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray
    from scipy import sparse

    from ..classifier import Tagger
    from ..taxonomy import Taxonomy

CLASSES = "classes.json"  # the tags of a bare list, which a model's files have no place for
BATCH = 1024
PROBABILITIES, TFIDF = "probabilities", "tfidf"


class TechTagClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Trains a tagger on your own rows, in your own taxonomy or with a bare list of tags.

    >>> model = TechTagClassifier.pretrained()
    >>> model.predict_tags(["A maker of perovskite solar modules"])
    [['photovoltaics']]

    Args:
        taxonomy: a `Taxonomy`, the version of a release, or the path of a release file of your own.  None: the tags that
            `fit` meets are a bare list.
        profile: ``balanced``, ``precision`` or ``recall``: which thresholds apply.
        n_jobs: processes that `fit` may use.
        random_state: everything random follows from it.

    Attributes:
        classes_: (n_classes,) the tags, in the order of the columns of `predict` and `predict_proba`: those of the taxonomy in
            its order; of a bare list sorted; the numbers of the columns where `y` was a matrix.
        tagger_: the `Tagger` that does the work.  With a bare list it gives ids such as ``tag-1``; `predict_tags` translates.
    """

    classes_: NDArray[Any]
    tagger_: Tagger

    def __init__(
        self,
        taxonomy: Taxonomy | str | PathLike[str] | None = None,
        *,
        profile: str = "balanced",
        n_jobs: int | None = None,
        random_state: int = 20261121,
    ) -> None:
        self.taxonomy = taxonomy
        self.profile = profile
        self.n_jobs = n_jobs
        self.random_state = random_state

    @classmethod
    def pretrained(cls, model: str | PathLike[str] | None = None, *, profile: str = "balanced") -> TechTagClassifier:
        """A fitted classifier.

        Args:
            model: ``fast`` (the default) or ``accurate``, which come with the package, or a folder that `save` or
                ``techtags train`` has written.
            profile: which thresholds apply.

        Its clone is not fitted, as scikit-learn wants it; for cross-validation of a fixed model wrap it in `FrozenEstimator`.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        from ..classifier.folder import SHIPPED

        source = None if model is None else str(model)
        shipped = source is None or source in SHIPPED
        return cls(profile=profile)._filled({} if shipped else _files(Path(str(source))), source)

    def fit(self, X: Any, y: Any) -> TechTagClassifier:
        """Train on your rows.

        Args:
            X: (n,) texts; None counts as empty.
            y: for each text its tags, the main one first: lists, or strings joined with ``;``, or a matrix (n, n_classes) of 0
                and 1.  No tag is a fine answer.  For cross-validation use the matrix (`MultiLabelBinarizer`): scikit-learn
                wants no lists there.

        Raises:
            ValueError: too few rows (50 that differ are needed), a tag that the taxonomy has not, or `y` of a wrong kind.
            TypeError: `X` holds something that is no text.
            ImportError: a library that training needs is missing.
        """
        from ..taxonomy import Taxonomy
        from ..training import train

        texts = texts_of(X)
        taxonomy = self.taxonomy
        if taxonomy is not None and not isinstance(taxonomy, Taxonomy):
            taxonomy = Taxonomy.load(taxonomy)
        known = [t.id for t in taxonomy.active] if taxonomy is not None else None
        classes, lists = tag_lists(y, len(texts), known)
        translate = {c: c for c in classes}
        if taxonomy is None:
            taxonomy = own_tags([str(c) for c in classes])
            translate = dict(zip(classes, ids(len(classes)), strict=True))
        elif known is not None:
            translate = dict(zip(classes, known, strict=True))
        with tempfile.TemporaryDirectory(prefix="techtags-") as temporary:
            folder = Path(temporary)
            rows = folder / "rows.jsonl"
            with rows.open("w", encoding="utf-8") as file:
                for text, tags in zip(texts, lists, strict=True):
                    # Half characters, which broken bytes leave, have no place in UTF-8; U+FFFD is read like them.
                    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                    file.write(json.dumps({"text": clean, "tags": [translate[t] for t in tags]}) + "\n")
            train([rows], taxonomy, folder / "model", name="own", seed=self.random_state, jobs=self.n_jobs or 1)
            files = _files(folder / "model")
        files[CLASSES] = (json.dumps(list(classes), ensure_ascii=False) + "\n").encode()
        return self._filled(files, None)

    def predict(self, X: Any) -> NDArray[np.int64]:
        """(n, n_classes) of 0 and 1: the tags that are given; columns in the order of `classes_`.

        With a taxonomy the ancestors of a tag are not set, and a tag that has others below it is given where nothing finer is
        sure.
        """
        lists = self._given(X)
        out = np.zeros((len(lists), len(self.classes_)), dtype=np.int64)
        for row, positions in enumerate(lists):
            out[row, positions] = 1
        return out

    def predict_tags(self, X: Any) -> list[list[Any]]:
        """For each text its tags, the main one first."""
        lists = self._given(X)
        return [[self._names[i] for i in positions] for positions in lists]

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """(n, n_classes) calibrated probabilities that a tag, or one below it, applies."""
        self._check_fitted()
        made = self.tagger_.predict_proba(texts_of(X))
        return made[:, self._columns]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of texts whose set of tags is exactly right (scikit-learn's accuracy of multilabel classifiers)."""
        from sklearn.metrics import accuracy_score

        texts = texts_of(X)
        predicted = self.predict(texts)
        _, lists = tag_lists(y, len(texts), self._names, strict=False)
        position = {name: i for i, name in enumerate(self._names)}
        truth = np.zeros_like(predicted)
        # A tag that the model has never met cannot be given: such a row is wrong.
        strange = np.array([any(t not in position for t in tags) for tags in lists], dtype=np.int64)
        for row, tags in enumerate(lists):
            truth[row, [position[t] for t in tags if t in position]] = 1
        both = (np.column_stack([truth, strange]), np.column_stack([predicted, np.zeros_like(strange)]))
        return float(accuracy_score(*both, sample_weight=sample_weight))

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the model for `pretrained`; with a taxonomy also for ``techtags tag --model FOLDER``.

        Raises:
            FileExistsError: the folder is there already.
            ValueError: this model lies in a folder already, and was not fitted here.
        """
        self._check_fitted()
        if not self._files:
            which = "the model that comes with techtags" if self._source is None else f"the model {self._source}"
            raise ValueError(f"this is {which}, which was not fitted here; TechTagClassifier.pretrained loads it")
        target = Path(folder)
        if target.exists():
            raise FileExistsError(f"{target} is there already; name another folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        beside.chmod(0o755)
        for name, content in self._files.items():
            (beside / name).write_bytes(content)
        beside.replace(target)

    def _given(self, X: Any) -> list[list[int]]:
        """For each text the positions of its tags in `classes_`."""
        self._check_fitted()
        position = {self.tagger_.tags[column]: i for i, column in enumerate(self._columns)}
        # The root of a bare list says only that some tag may apply.
        return [[position[t] for t in tagging.ids if t in position] for tagging in self.tagger_.tag(texts_of(X))]

    @property
    def _columns(self) -> list[int]:
        """Where the classes stand among the outputs of the model."""
        return [i for i, tag in enumerate(self.tagger_.tags) if self.tagger_.taxonomy.version != VERSION or tag != ROOT]

    def _filled(self, files: dict[str, bytes], source: str | None) -> TechTagClassifier:
        """Fitted with the content of a model's files, or with the model at `source` where there are none."""
        self._files, self._source = files, source
        self.tagger_ = _tagger(files, source, self.profile)
        known = [self.tagger_.tags[i] for i in self._columns]
        self._names: list[Any] = json.loads(files[CLASSES]) if CLASSES in files else known
        self.classes_ = np.array(self._names)
        return self

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError("this TechTagClassifier is not fitted; call fit, or use TechTagClassifier.pretrained()")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "tagger_")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("tagger_", None)  # made again from the files, whose hashes are checked then
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_files" in state:
            self.tagger_ = _tagger(self._files, self._source, self.profile)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        _reads_texts(tags)
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.multi_class = False
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        return tags


class TechTagTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to a matrix, with a model that is trained already; there is nothing to fit.

    Args:
        features: ``probabilities``: (n, n_tags) float32, calibrated, that a tag or one below it applies; or ``tfidf``:
            (n, n_features) sparse float32, what the first stage of the model sees (phrases weighted by TF-IDF, then for each tag
            how much of its own names, and of the names of tags below it, stands in the text).
        model: the model's folder; the shipped one by default.
    """

    def __init__(self, features: str = PROBABILITIES, *, model: str | PathLike[str] | None = None) -> None:
        self.features = features
        self.model = model

    def fit(self, X: Any, y: Any = None) -> TechTagTransformer:
        """Checks the settings and the texts.

        Raises:
            ValueError: `features` is unknown.
            ModelError: the model cannot be used.
            TypeError: `X` holds something that is no text.
        """
        self._check()
        texts_of(X)
        self._tagger()
        return self

    def transform(self, X: Any) -> NDArray[np.float32] | sparse.csr_matrix:
        """(n, n_tags) or (n, n_features), as `features` says."""
        self._check()
        texts = texts_of(X)
        tagger = self._tagger()
        if self.features == PROBABILITIES:
            return tagger.predict_proba(texts)
        from scipy import sparse

        from ..classifier.tagger import LONGEST

        cut = [t[:LONGEST] for t in texts]
        parts = [tagger.model.score(cut[low : low + BATCH]).matrix for low in range(0, max(len(cut), 1), BATCH)]
        return sparse.vstack(parts, format="csr")

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns: ids of tags; or ``phrase_`` and the phrase's hash (the model keeps no more of it), then
        ``name_`` and ``below_`` with the ids of tags.
        """
        self._check()
        tagger = self._tagger()
        if self.features == PROBABILITIES:
            return np.array(tagger.tags, dtype=object)
        phrases = [f"phrase_{key:016x}" for key in tagger.model.featurizer.table.keys.tolist()]
        names = [f"{kind}_{tag}" for kind in ("name", "below") for tag in tagger.tags]
        return np.array([*phrases, *names], dtype=object)

    def _tagger(self) -> Tagger:
        return Settings(None if self.model is None else str(self.model), evidence=False).tagger()

    def _check(self) -> None:
        if self.features not in (PROBABILITIES, TFIDF):
            raise ValueError(f"features is {self.features!r}; it must be {PROBABILITIES!r} or {TFIDF!r}")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        _reads_texts(tags)
        tags.requires_fit = False
        return tags


def _reads_texts(tags: Any) -> None:
    tags.input_tags.string = True
    tags.input_tags.one_d_array = True
    tags.input_tags.two_d_array = False
    tags.no_validation = True


def _files(folder: Path) -> dict[str, bytes]:
    """The content of a model's files; of none if the model stands on another one, and must stay where it lies.

    Raises:
        ModelError: there is no model.
    """
    from ..classifier.folder import MANIFEST, TAXONOMY, read_manifest

    manifest = read_manifest(folder, check=True)
    if "base" in manifest:
        return {}
    wanted = (MANIFEST, *manifest["files"], TAXONOMY, CLASSES)
    return {name: (folder / name).read_bytes() for name in wanted if (folder / name).is_file()}


def _tagger(files: dict[str, bytes], source: str | None, profile: str) -> Tagger:
    """A tagger from the content of a model's files, or from the model at `source` where there are none."""
    from ..classifier import Model, Tagger

    if not files:
        return Tagger(Model.load(source), profile=profile, evidence=False)
    with tempfile.TemporaryDirectory(prefix="techtags-") as temporary:
        for name, content in files.items():
            (Path(temporary) / name).write_bytes(content)
        release = json.loads(files["taxonomy.json"]) if "taxonomy.json" in files else {}
        taxonomy = of_document(release) if release.get("version") == VERSION else None
        return Tagger(Model.load(temporary, taxonomy), profile=profile, evidence=False)
