"""scikit-learn: training on one's own tags, pipelines, and scikit-learn's own checks."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import PHOTOVOLTAICS, WIND
from commands import techtags as run_command
from made_up import make_release, write
from test_training import world

joblib = pytest.importorskip("joblib")
pytest.importorskip("sklearn")
from sklearn.base import clone, is_classifier  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import f1_score  # noqa: E402
from sklearn.model_selection import cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import MultiLabelBinarizer  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks  # noqa: E402

from techtags import ModelError, Tagger, Taxonomy, TaxonomyError  # noqa: E402
from techtags.classifier.tagger import LONGEST  # noqa: E402
from techtags.engines.sklearn import TechTagClassifier, TechTagTransformer  # noqa: E402
from techtags.engines.targets import tag_lists, texts_of  # noqa: E402

# Tags that no id can be spelled as.
OWN = {"wind-power": "风电", "photovoltaics": "Solar & co", "vaccines": "42", "machine-tools": "wind-power"}


def own_world(n: int, seed: int) -> tuple[list[str], list[list[str]]]:
    """Texts and tags of the made-up world, each about one or two of a user's own tags, or none."""
    rng = random.Random(seed)
    rows = world(2 * n, seed)
    texts, tags = [], []
    for one, two in zip(rows[:n], rows[n:], strict=True):
        both = [one, two] if rng.random() < 0.3 else [one]
        texts.append(". ".join(r["text"] for r in both))
        tags.append(list(dict.fromkeys(OWN[t] for r in both for t in r["tags"])))
    return texts, tags


@pytest.fixture(scope="module")
def own() -> TechTagClassifier:
    return TechTagClassifier().fit(*own_world(260, 1))


def test_a_bare_list_of_tags_is_learned(own: TechTagClassifier) -> None:
    texts, tags = own_world(120, 2)
    assert own.classes_.tolist() == sorted(OWN.values())
    lists = own.predict_tags(texts)
    right = sum(set(a) == set(b) for a, b in zip(lists, tags, strict=True))
    assert right / len(texts) > 0.85
    assert own.score(texts, tags) == pytest.approx(right / len(texts))
    binarizer = MultiLabelBinarizer(classes=own.classes_.tolist()).fit(tags)
    assert f1_score(binarizer.transform(tags), own.predict(texts), average="micro") > 0.9
    assert own.score(texts, binarizer.transform(tags)) == own.score(texts, tags)
    assert own.score(texts, [";".join(t) for t in tags]) == own.score(texts, tags)
    proba = own.predict_proba(texts)
    assert proba.shape == (120, 4) and proba.min() >= 0 and proba.max() <= 1
    # The probabilities belong to the columns.
    for i, name in enumerate(own.classes_):
        has = np.array([name in t for t in tags])
        assert proba[has, i].mean() > 0.6 > 0.2 > proba[~has, i].mean()


def test_tags_that_were_never_met_are_wrong(own: TechTagClassifier) -> None:
    texts, tags = own_world(40, 3)
    assert own.score(texts, [[*t, "never met"] for t in tags]) == 0


def test_survives_sending_storing_and_saving(own: TechTagClassifier, tmp_path: Path) -> None:
    texts, _ = own_world(40, 4)
    expected = own.predict_proba(texts)
    stored = io.BytesIO()
    joblib.dump(own, stored)
    stored.seek(0)
    own.save(tmp_path / "model")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]
    back = TechTagClassifier.pretrained(tmp_path / "model")
    for other in (joblib.load(stored), back):
        np.testing.assert_array_equal(other.predict_proba(texts), expected)
        assert other.predict_tags(texts) == own.predict_tags(texts)
        assert other.classes_.tolist() == own.classes_.tolist()
    with pytest.raises(FileExistsError, match="is there already; name another folder"):
        own.save(tmp_path / "model")
    copy = clone(own)
    assert copy.get_params() == own.get_params()
    with pytest.raises(NotFittedError, match=r"not fitted; call fit, or use TechTagClassifier\.pretrained"):
        copy.predict(texts)
    # A damaged file is found by its hash.
    (tmp_path / "model" / "arrays.npz").write_bytes(b"PK")
    with pytest.raises(ModelError, match="hash differs"):
        TechTagClassifier.pretrained(tmp_path / "model")


def test_a_taxonomy_of_ones_own_and_the_command_line(tmp_path: Path) -> None:
    write(make_release("0.9.0"), tmp_path / "release.json")
    meant = {"wind-power": "lasers", "photovoltaics": "lathes", "vaccines": "lanterns", "machine-tools": "micro-lathes"}
    rows = world(220, 5)
    texts, tags = [r["text"] for r in rows], [[meant[t] for t in r["tags"]] for r in rows]
    made = TechTagClassifier(taxonomy=tmp_path / "release.json", random_state=7).fit(texts, tags)
    release = Taxonomy.load(tmp_path / "release.json")
    assert made.classes_.tolist() == [t.id for t in release.active]
    assert made.score(texts, tags) > 0.9
    # The same rows through the command line give the same model.
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps({"text": x, "tags": t}) + "\n" for x, t in zip(texts, tags, strict=True))
    )
    data = ("--data", tmp_path / "rows.jsonl", "--release", tmp_path / "release.json")
    done = run_command("train", *data, "-o", tmp_path / "cli", "--seed", "7", "--jobs", "1")
    assert done.code == 0, done.err
    np.testing.assert_array_equal(Tagger.load(tmp_path / "cli").predict_proba(texts[:40]), made.predict_proba(texts[:40]))
    # And the command line reads what was saved.
    made.save(tmp_path / "saved")
    (tmp_path / "in.csv").write_text(
        "description\n" + "\n".join(t.replace("\n", " ") for t in texts[:20]) + "\n", encoding="utf-8"
    )
    done = run_command("tag", tmp_path / "in.csv", "--model", tmp_path / "saved")
    assert done.code == 0, done.err
    primary = [line.split(",")[2] for line in done.text.splitlines()[1:]]
    assert primary == [t[0] if t else "" for t in made.predict_tags(texts[:20])]


def test_cross_validation_with_a_matrix() -> None:
    texts, tags = own_world(180, 6)
    y = MultiLabelBinarizer().fit_transform(tags)
    scores = cross_val_score(TechTagClassifier(), np.array(texts), y, cv=2, scoring="f1_micro")
    assert scores.min() > 0.8


def test_shipped_model() -> None:
    shipped = TechTagClassifier.pretrained()
    assert shipped.predict_tags([PHOTOVOLTAICS, None, WIND]) == [["photovoltaics"], [], ["wind-power"]]
    np.testing.assert_array_equal(shipped.predict_proba([WIND]), Tagger.load().predict_proba([WIND]))
    assert is_classifier(shipped) and shipped.classes_.tolist() == list(Tagger.load().tags)
    stored = io.BytesIO()
    joblib.dump(shipped, stored)
    assert len(stored.getvalue()) < 50_000  # the shipped model is not in there
    with pytest.raises(ValueError, match="the model that comes with techtags, which was not fitted here"):
        shipped.save("somewhere")
    with pytest.raises(ModelError, match="no model in"):
        TechTagClassifier.pretrained("/nowhere")


def test_transformer_in_pipelines() -> None:
    pd = pytest.importorskip("pandas")
    transformer = TechTagTransformer()
    texts = [PHOTOVOLTAICS, WIND, "A law firm in Leeds", None]
    made = transformer.transform(texts)  # needs no fit
    names = transformer.get_feature_names_out()
    assert made.shape == (4, len(names)) and names[made[0].argmax()] in ("photovoltaics", "solar-energy", "energy")
    frame = transformer.set_output(transform="pandas").fit_transform(pd.Series(texts, index=list("abcd")))
    assert list(frame.index) == list("abcd") and frame.loc["b", "wind-power"] > 0.9
    words = TechTagTransformer("tfidf")
    matrix = words.fit_transform(texts)
    assert matrix.shape == (4, len(words.get_feature_names_out())) and matrix[3].nnz == 0
    assert len(set(words.get_feature_names_out())) == matrix.shape[1]
    column = words.get_feature_names_out().tolist().index("name_photovoltaics")
    assert matrix[0, column] > 0 == matrix[1, column]
    np.testing.assert_array_equal(
        words.transform(["a wind turbine " * LONGEST]).toarray(),
        words.transform([("a wind turbine " * LONGEST)[:LONGEST]]).toarray(),
    )
    both = ColumnTransformer([("text", TechTagTransformer("tfidf"), "about")], remainder="passthrough")
    frame = pd.DataFrame({"about": [PHOTOVOLTAICS, WIND] * 4, "n": range(8)})
    pipeline = make_pipeline(both, LogisticRegression()).fit(frame, [0, 1] * 4)
    assert pipeline.predict(frame).tolist() == [0, 1] * 4


@pytest.mark.parametrize(
    ("x", "y", "kind", "message"),
    [
        (["a"] * 20, [["t"]] * 20, ValueError, "20 rows to train on"),
        ([f"text {i}" for i in range(60)], [[]] * 60, ValueError, "y holds no tag at all"),
        (["a", 3], [["t"]] * 2, TypeError, "X, row 1: int, not text"),
        ("a text", [["t"]], TypeError, "X is one string"),
        (np.zeros((3, 2)), [["t"]] * 3, ValueError, r"X has the shape \(3, 2\); give one text a row"),
        (["a", "b"], [["t"]], ValueError, "2 texts and 1 rows of y"),
        (["a", "b"], None, ValueError, "requires y to be passed"),
        (["a", "b"], [1.5, 2.5], ValueError, "y, row 0: float; give a list of tags"),
        (["a", "b"], [["t"], [None]], ValueError, "y, row 1: the tag None is NoneType"),
        (["a", "b"], np.array([[0, 2], [1, 0]]), ValueError, "something else than 0 and 1"),
    ],
)
def test_bad_rows(x: Any, y: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        TechTagClassifier().fit(x, y)


def test_bad_settings() -> None:
    texts = [f"text {i}" for i in range(60)]
    with pytest.raises(ValueError, match="y, row 0: 'warp-drives' is no active tag of the taxonomy"):
        TechTagClassifier("1.0.0").fit(texts, [["warp-drives"]] * 60)
    with pytest.raises(ValueError, match="y has 2 columns for 196 classes"):
        TechTagClassifier("1.0.0").fit(texts, np.ones((60, 2)))
    with pytest.raises(TaxonomyError, match="neither a release"):
        TechTagClassifier("nothing.json").fit(texts, [["a"]] * 60)
    with pytest.raises(ValueError, match="features is 'words'; it must be 'probabilities' or 'tfidf'"):
        TechTagTransformer("words").fit(texts)


def test_kinds_of_x_and_y() -> None:
    pd = pytest.importorskip("pandas")
    sparse = pytest.importorskip("scipy.sparse")
    texts = ["a", "", "b"]
    arrays = (np.array(texts), np.array(texts, dtype=object)[:, None], pd.Series(["a", pd.NA, "b"]), pd.DataFrame({"t": texts}))
    for x in (["a", None, "b"], ("a", float("nan"), "b"), *arrays):
        assert texts_of(x) == texts
    lists = [["u", "t"], [], ["t"]]
    for y in (lists, [("u", "t"), (), ("t",)], ["u; t", "", "t"], pd.Series(["u;t", None, "t"]), np.array(["u;t;", "", "t"])):
        assert tag_lists(y, 3, None) == (["t", "u"], lists)
    matrix = np.array([[1, 1], [0, 0], [1, 0]])
    assert tag_lists(sparse.csr_matrix(matrix), 3, ["t", "u"]) == (["t", "u"], [["t", "u"], [], ["t"]])
    assert tag_lists(matrix.astype(bool), 3, None) == ([0, 1], [[0, 1], [], [0]])
    assert tag_lists([{"u", "t"}, set(), {"t"}], 3, None)[1] == [["t", "u"], [], ["t"]]


def test_what_the_checks_ask_with_texts(own: TechTagClassifier) -> None:
    """Order, subsets and repetition change nothing; parameters and other attributes stay; `fit` gives the estimator itself."""
    texts, tags = own_world(60, 8)
    order = np.random.default_rng(0).permutation(len(texts))
    for estimator, names in ((own, ("predict", "predict_proba")), (TechTagTransformer(), ("transform",))):
        before = dict(vars(estimator))
        for name in names:
            method = getattr(estimator, name)
            whole = method(texts)
            # To the last bit but one: matrix products of one row and of many round differently.
            np.testing.assert_allclose(method([texts[i] for i in order]), whole[order], atol=1e-6)
            np.testing.assert_allclose(np.concatenate([method([t]) for t in texts[:8]]), whole[:8], atol=1e-6)
            assert method([]).shape == (0, whole.shape[1])
        assert vars(estimator) == before
    transformer = TechTagTransformer()
    assert transformer.fit(texts, tags) is transformer
    unfitted = TechTagClassifier(random_state=5, profile="precision")
    fitted = unfitted.fit(*own_world(80, 9))
    assert fitted is unfitted and fitted.get_params() == {
        "taxonomy": None,
        "profile": "precision",
        "n_jobs": None,
        "random_state": 5,
    }
    one = fitted.predict_proba(texts)
    np.testing.assert_array_equal(fitted.fit(*own_world(80, 9)).predict_proba(texts), one)


def test_check_estimator_passes_as_far_as_it_runs() -> None:
    for estimator in (TechTagClassifier(), TechTagTransformer()):
        with pytest.warns(Warning, match="Can't test estimator"):
            done = check_estimator(estimator, on_fail="raise")
        assert [r["status"] for r in done] == ["passed"] * len(done) and done


class _Asked:
    """scikit-learn skips its checks for estimators that read texts; asked so, it runs them."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.two_d_array = True
        return tags


class AskedClassifier(_Asked, TechTagClassifier):
    """The classifier, with all checks."""


class AskedTransformer(_Asked, TechTagTransformer):
    """The transformer, with all checks."""


NUMBERS = "it fits on a matrix of numbers, which is refused (X, row 0: float, not text); tests above do the same with texts"
# The checks that cannot apply. They all need a fit on numbers; one that passes although it stands here fails the test.
BOTH = """
    check_dict_unchanged check_dont_overwrite_parameters check_estimator_sparse_array check_estimators_dtypes
    check_estimators_fit_returns_self check_estimators_overwrite_params check_estimators_pickle check_f_contiguous_array_estimator
    check_fit2d_1feature check_fit2d_1sample check_fit_check_is_fitted check_fit_idempotent check_fit_score_takes_y
    check_methods_sample_order_invariance check_methods_subset_invariance check_pipeline_consistency
    check_positive_only_tag_during_fit check_readonly_memmap_input
"""
CLASSIFIER = """
    check_classifier_data_not_an_array check_classifier_multioutput check_classifier_not_supporting_multiclass
    check_classifiers_classes check_classifiers_multilabel_output_format_decision_function
    check_classifiers_multilabel_output_format_predict check_classifiers_multilabel_output_format_predict_proba
    check_classifiers_multilabel_representation_invariance check_classifiers_one_label check_classifiers_train
"""
TRANSFORMER = "check_transformer_general check_transformer_preserve_dtypes check_transformers_unfitted_stateless"
EXCEPTIONS = {
    AskedClassifier: dict.fromkeys((BOTH + CLASSIFIER).split(), NUMBERS),
    AskedTransformer: dict.fromkeys((BOTH + TRANSFORMER).split(), NUMBERS),
}


def exceptions(estimator: Any) -> dict[str, str]:
    """scikit-learn's way of listing checks that fail, and why."""
    return EXCEPTIONS[type(estimator)]


@parametrize_with_checks([AskedClassifier(), AskedTransformer()], expected_failed_checks=exceptions, xfail_strict=True)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)
