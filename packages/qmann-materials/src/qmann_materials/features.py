"""Materials to samples: statistics of element properties over a composition, and conditions."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from qmann_core.data import Folds, Samples, covariate_matrix, given_folds, grouped, samples_in_order
from qmann_core.errors import DataError

from .compositions import Fractions, fractions
from .config import MaterialsConfig
from .data import Materials
from .elements import PROPERTIES, element_table
from .formulas import parse_formula

_POWERS = (2, 3, 5, 7, 10)
_SHELLS = ("NsValence", "NpValence", "NdValence", "NfValence")
_FEWEST = 20  # rows to learn from
_CLUSTERS = 10


@cache
def imputed_table() -> tuple[Float[np.ndarray, "element property"], Int[np.ndarray, " element"]]:
    """Properties, the mean of all elements where one is missing, and how many are, by element."""
    table = element_table()
    missing = np.isnan(table)
    return np.where(missing, np.nanmean(table, axis=0), table), missing.sum(axis=1)


def statistics(share: Fractions) -> Float[np.ndarray, "material feature"]:
    """What models read of compositions x: statistics of each property P of their elements.

    Mean m = sum_i x_i P_i, mean deviation sum_i x_i |P_i - m|, largest and smallest; the number of
    elements and the norms (sum_i x_i^p)^(1/p), p = 2, 3, 5, 7, 10; the part of s, p, d and f among
    valence electrons; the largest and the mean ionic character 1 - exp(-(X_i - X_j)^2 / 4) of
    pairs, X by Pauling (Ward et al. 2016, doi:10.1038/npjcompumats.2016.28); and the fractions.
    """
    table, _ = imputed_table()
    there, mean = share > 0, share @ table
    by_property = [
        (
            (share * np.abs(values - mean[:, [k]])).sum(axis=1),
            np.where(there, values, -np.inf).max(axis=1),
            np.where(there, values, np.inf).min(axis=1),
        )
        for k, values in enumerate(table.T)
    ]
    deviation, most, least = np.moveaxis(np.array(by_property), 0, -1)
    norms = [np.power(share, p).sum(axis=1) ** (1 / p) for p in _POWERS]
    shells = mean[:, [PROPERTIES.index(name) for name in _SHELLS]]
    apart = np.subtract.outer(*2 * (table[:, PROPERTIES.index("Electronegativity")],))
    ionic = 1 - np.exp(-np.square(apart) / 4)
    pairs = np.where(there[:, :, None] & there[:, None, :], ionic, 0).max(axis=(1, 2))
    return np.column_stack(
        (
            *(mean, deviation, most, least),
            *(there.sum(axis=1), *norms),
            *(shells / shells.sum(axis=1, keepdims=True).clip(1e-9), pairs),
            *(np.einsum("mi,ij,mj->m", share, ionic, share), share),
        )
    )


def family(formula: str) -> str:
    """The elements of a formula, as Al-Co-Fe."""
    return "-".join(sorted(parse_formula(formula)))


def settle(materials: Materials, application: MaterialsConfig) -> dict[str, Any]:
    """What the data of the fit decide: conditions and their usual values, classes, their shares."""
    if application.columns is not None:
        return {}
    table, columns = materials.measured(), materials.columns
    usual = {name: table[name].mode() for name in columns}
    found: dict[str, Any] = {
        "columns": columns,
        "gaps": tuple(name for name in columns if table[name].isna().any()),
        "usual": tuple(f"{name}={values[0]}" for name, values in usual.items() if len(values)),
    }
    if materials.words:
        counts = np.bincount(table["target"].astype(int), minlength=len(materials.words))
        found |= {"words": materials.words, "shares": tuple((counts / counts.sum()).tolist())}
    return found


def material_samples(materials: Materials, application: MaterialsConfig) -> Samples:
    """Known materials, then those to be predicted.

    Those of a family share a unit where whole families are tested on, in given folds too.

    Raises:
        DataError: fewer than 20 materials to learn from.
    """
    table = materials.counted
    n_known = int(table["target"].notna().sum())
    if 0 < n_known < _FEWEST:
        raise DataError(
            f"{materials.source}: {n_known} materials with a target can be used. Expected "
            f"{_FEWEST} or more to learn from"
        )
    found = settle(materials, application) if n_known else {}
    settled = application.model_copy(update=found)
    columns, classes = settled.columns or {}, settled.words if len(settled.words) > 2 else ()
    beside, _ = covariate_matrix(table[[*columns]], columns, settled.gaps)
    x = np.column_stack((statistics(fractions(table["formula"])), beside))
    y = table[["target"]].to_numpy(float)
    if classes:
        y = np.where(np.isnan(y), np.nan, y == np.arange(len(classes)))
    said = table[["formula", *columns]].astype("object").fillna("unknown").to_numpy()
    label = np.array([", ".join(map(str, row)) for row in said])
    samples = samples_in_order(x, y, label, arrangement=None, name="materials")
    order = np.argsort(table["target"].isna(), kind="stable")
    tested = table["fold"].mask(table["part"].eq("test"), 0).fillna(-1).to_numpy(int)[order]
    samples = replace(samples, aux={"fold": torch.from_numpy(tested)})
    if classes:
        samples = replace(samples, targets={"class": classes})
    names, unit = np.unique(table["formula"].map(family).to_numpy(str)[order], return_inverse=True)
    whole = len(np.unique(np.column_stack((unit, tested))[:n_known], axis=0))
    given = application.split == "given" and whole == len(np.unique(unit[:n_known]))
    if application.split != "family" and not given:
        return samples
    return replace(samples, unit=unit, units=tuple(names.tolist()))


def material_folds(samples: Samples, application: MaterialsConfig) -> Folds:
    """One fold of random materials or families, or all, or folds of clusters or as given.

    Clusters are ten, by k-means of standardised features (leave-one-cluster-out: Meredig et al.
    2018, doi:10.1039/C8ME00012C); those of less than one in fifty are never tested.

    Raises:
        DataError: no folds are given, or there are fewer families than two.
    """
    if application.split == "given":
        return given_folds(samples.aux["fold"].numpy())
    if application.split == "cluster":
        return given_folds(_clusters(samples, application.split_seed))
    among = samples.unit if application.split == "family" else np.arange(len(samples))
    n_folds = min(round(1 / application.test_fraction), len(np.unique(among)))
    folds = grouped(among, n_folds, seed=application.split_seed)
    return folds if application.folds else Folds(folds.rows[:1], folds.kind)


def _clusters(samples: Samples, seed: int) -> Int[np.ndarray, " sample"]:
    from sklearn.cluster import KMeans

    x = np.nan_to_num(samples.x.flatten(1).double().numpy())
    deviation = x.std(axis=0)
    scaled = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    found = KMeans(_CLUSTERS, n_init=4, random_state=seed).fit_predict(scaled)
    return np.where(np.bincount(found)[found] < max(3, len(x) / 50), -1, found)
