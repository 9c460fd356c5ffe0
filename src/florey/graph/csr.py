"""Compressed sparse rows: a relation as two flat arrays, and what can be computed on whole relations at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Csr:
    """Row i holds the sorted distinct node indices `indices[indptr[i]:indptr[i + 1]]`. Square: n rows, n columns."""

    indptr: npt.NDArray[np.int64]  # shape (n + 1,)
    indices: Ints  # shape (indptr[-1],)

    @classmethod
    def from_pairs(cls, rows: npt.ArrayLike, columns: npt.ArrayLike, n: int) -> Self:
        """Distinct (row, column) pairs; repeats collapse."""
        rows, columns = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
        keys = np.unique(rows * n + columns)
        counts = np.bincount(keys // n, minlength=n) if len(keys) else np.zeros(n, np.int64)
        return cls(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), (keys % n).astype(np.int32))

    @property
    def n(self) -> int:
        return len(self.indptr) - 1

    def row(self, i: int) -> Ints:
        """The sorted columns of row i; a view."""
        return self.indices[self.indptr[i] : self.indptr[i + 1]]

    def lengths(self) -> npt.NDArray[np.int64]:
        """Entries per row, shape (n,)."""
        return np.diff(self.indptr)

    def has(self, i: int, column: int) -> bool:
        """Whether (i, column) is an entry: a binary search."""
        row = self.row(i)
        at = int(row.searchsorted(np.int32(column)))
        return at < len(row) and bool(row[at] == column)

    def transposed(self) -> Csr:
        rows = np.repeat(np.arange(self.n), self.lengths())
        return Csr.from_pairs(self.indices, rows, self.n)

    def through(self, steps: Csr) -> Csr:
        """This relation, and this relation followed by one entry of `steps`: pass a closure to follow any number."""
        mine, further = self._matrix(), steps._matrix()
        return Csr._from_matrix(mine + mine @ further)

    def closure(self) -> Csr:
        """The strict transitive closure by repeated squaring: about log2(depth) sparse products."""
        reach = self._matrix()
        while True:
            longer = Csr._binary(reach + reach @ reach)
            if longer.nnz == reach.nnz:
                return Csr._from_matrix(longer)
            reach = longer

    def _matrix(self) -> sparse.csr_array:
        ones = np.ones(len(self.indices), np.int32)
        return sparse.csr_array((ones, self.indices, self.indptr), shape=(self.n, self.n))

    @staticmethod
    def _binary(matrix: sparse.csr_array) -> sparse.csr_array:
        matrix.data[:] = 1  # counts of paths would overflow; only whether there is one matters
        return matrix

    @classmethod
    def _from_matrix(cls, matrix: sparse.csr_array) -> Self:
        matrix.sum_duplicates()  # sorts the indices of each row
        return cls(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32))


def load_array(path: Path) -> npt.NDArray[Any]:
    """A memory-mapped array without memmap's slow slicing: a plain view on the mapped bytes."""
    mapped: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)
