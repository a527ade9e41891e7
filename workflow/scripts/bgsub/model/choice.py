"""The number of components by BIC, pixel by pixel (compiled)."""

from bgsub.model.compiled import compiled


@compiled
def take_better(
    criterion, penalty, n_samples, offset,
    weights_, means_, covariances_, log_likelihood_, n_iter_, converged_, flags_,
    weights, means, covariances, log_likelihood, n_iter, converged, flags,
):  # fmt: skip
    """Copy a band's fit (names with _) to `offset` of the image's, where its BIC is below `criterion` so far.

    BIC = `penalty` - 2 N l (Schwarz 1978). Components that the band's fit lacks get weight 0 and the
    parameters of its first.
    """
    n_channels = means.shape[2]
    for p in range(criterion.size):
        bic = penalty - 2.0 * n_samples * log_likelihood_[p]
        if bic < criterion[p]:
            criterion[p] = bic
            q = offset + p
            for k in range(weights.shape[0]):
                source = k if k < weights_.shape[0] else 0
                weights[k, q] = weights_[k, p] if k < weights_.shape[0] else 0.0
                for c in range(n_channels):
                    means[k, q, c] = means_[source, p, c]
                    for d in range(n_channels):
                        covariances[k, q, c, d] = covariances_[source, p, c, d]
            log_likelihood[q], n_iter[q] = log_likelihood_[p], n_iter_[p]
            converged[q], flags[q] = converged_[p], flags_[p]
