"""Linear algebra of small symmetric matrices (1 x 1 to 3 x 3), compiled, for one pixel at a time."""

import numpy as np

from bgsub.model.compiled import compiled
from bgsub.model.numerics import log

NEGLIGIBLE = 1e-150  # its square underflows


@compiled
def copy(A: np.ndarray, B: np.ndarray) -> None:
    """Copy matrix `A` into `B`; numba would take seconds to compile a slice's assignment."""
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            B[i, j] = A[i, j]


@compiled
def eigh(A: np.ndarray, V: np.ndarray) -> None:
    """Diagonalise symmetric `A` (C, C) in place; its eigenvectors become the columns of `V`.

    Cyclic Jacobi rotations, as they are unconditionally stable, and accurate for small eigenvalues.
    Source: Golub & Van Loan, Matrix Computations, section 8.5.
    """
    size = A.shape[0]
    for i in range(size):
        for j in range(size):
            V[i, j] = 1.0 if i == j else 0.0
    for _ in range(30):
        off, diagonal = 0.0, 0.0
        for i in range(size):
            diagonal += abs(A[i, i])
            for j in range(i):
                off += abs(A[i, j])
        if off <= 1e-18 * diagonal + NEGLIGIBLE:
            return
        for p in range(size - 1):
            for q in range(p + 1, size):
                if abs(A[p, q]) > NEGLIGIBLE:
                    _rotate(A, V, p, q)


@compiled
def _rotate(A: np.ndarray, V: np.ndarray, p: int, q: int) -> None:
    """Zero A[p, q] by one Jacobi rotation."""
    size = A.shape[0]
    half_gap = 0.5 * (A[q, q] - A[p, p])
    apq = A[p, q]
    t = apq / (abs(half_gap) + np.sqrt(half_gap * half_gap + apq * apq))
    if half_gap < 0.0:
        t = -t
    c = 1.0 / np.sqrt(t * t + 1.0)
    s = t * c
    for i in range(size):
        aip, aiq = A[i, p], A[i, q]
        A[i, p], A[i, q] = c * aip - s * aiq, s * aip + c * aiq
    for i in range(size):
        api, aqi = A[p, i], A[q, i]
        A[p, i], A[q, i] = c * api - s * aqi, s * api + c * aqi
    A[p, q] = A[q, p] = 0.0
    for i in range(size):
        vip, viq = V[i, p], V[i, q]
        V[i, p], V[i, q] = c * vip - s * viq, s * vip + c * viq


@compiled
def cholesky(A: np.ndarray, shift: float, L: np.ndarray) -> bool:
    """Lower Cholesky factor of `A` - `shift` I into `L`; False if that is not positive definite."""
    size = A.shape[0]
    for j in range(size):
        pivot = A[j, j] - shift
        for k in range(j):
            pivot -= L[j, k] * L[j, k]
        if not pivot > 0.0:
            return False
        L[j, j] = np.sqrt(pivot)
        for i in range(j + 1, size):
            value = A[i, j]
            for k in range(j):
                value -= L[i, k] * L[j, k]
            L[i, j] = value / L[j, j]
    return True


@compiled
def floor_eigenvalues(A: np.ndarray, floor: float, A_work: np.ndarray, V: np.ndarray) -> bool:
    """Raise the eigenvalues of `A` to at least `floor`, in place; True if any was raised.

    V max(L, floor) V' is the exact maximiser of a Gaussian's expected log-likelihood over covariances >=
    floor I, so an M-step with it never lowers the likelihood (adding `floor` to the diagonal does).
    """
    if cholesky(A, floor, V):  # the exact and cheap test for "nothing to raise"
        return False
    size = A.shape[0]
    copy(A, A_work)
    eigh(A_work, V)
    for i in range(size):
        for j in range(i + 1):
            value = 0.0
            for k in range(size):
                value += V[i, k] * max(A_work[k, k], floor) * V[j, k]
            A[i, j] = A[j, i] = value
    return True


@compiled
def is_singular(A: np.ndarray, A_work: np.ndarray, V: np.ndarray) -> bool:
    """Whether scipy.stats.multivariate_normal calls `A` singular: 1e6 eps of its largest eigenvalue."""
    copy(A, A_work)
    eigh(A_work, V)
    smallest, largest = np.inf, 0.0
    for i in range(A.shape[0]):
        smallest = min(smallest, A_work[i, i])
        largest = max(largest, abs(A_work[i, i]))
    return smallest <= 1e6 * 2.220446049250313e-16 * largest


@compiled
def whitening(A: np.ndarray, L: np.ndarray, W: np.ndarray) -> float:
    """Inverse of the Cholesky factor of positive definite `A` into `W` (lower); returns log det W.

    Then |W (x - mean)|^2 is the squared Mahalanobis distance.
    """
    size = A.shape[0]
    cholesky(A, 0.0, L)
    log_det = 0.0
    for j in range(size):
        W[j, j] = 1.0 / L[j, j]
        log_det += log(W[j, j])
        for i in range(j + 1, size):
            value = 0.0
            for k in range(j, i):
                value -= L[i, k] * W[k, j]
            W[i, j] = value / L[i, i]
    return log_det


@compiled
def log_det(A: np.ndarray, smallest: float) -> float:
    """Log determinant of `A`, destroyed, whose eigenvalues are at least `smallest`, though rounded."""
    size = A.shape[0]
    total = 0.0
    for j in range(size):
        pivot = max(A[j, j], smallest)
        total += log(pivot)
        for i in range(j + 1, size):
            factor = A[i, j] / pivot
            for k in range(j + 1, size):
                A[i, k] -= factor * A[j, k]
    return total


@compiled
def rank(S: np.ndarray, A: np.ndarray) -> int:
    """Rank of the scatter of integers, by elimination with diagonal pivoting; relative tolerance 1e-10."""
    size = S.shape[0]
    copy(S, A)
    scale = 0.0
    for i in range(size):
        scale = max(scale, S[i, i])
    found = 0
    used = 0
    for _ in range(size):
        pivot = -1
        for i in range(size):
            if not (used >> i) & 1 and (pivot < 0 or A[i, i] > A[pivot, pivot]):
                pivot = i
        if A[pivot, pivot] <= 1e-10 * scale:
            return found
        used |= 1 << pivot
        found += 1
        for i in range(size):
            if not (used >> i) & 1:
                factor = A[i, pivot] / A[pivot, pivot]
                for j in range(size):
                    A[i, j] -= factor * A[pivot, j]
    return found
