"""The number of components by BIC, pixel by pixel (compiled)."""

from bgsub.model.band import Fit, Floats
from bgsub.model.compiled import compiled


@compiled
def take_better(
    criterion: Floats, penalty: float, n_samples: int, band: Fit, offset: int, image: Fit
) -> None:
    """Copy the fit of a band to `offset` of the image's, where its BIC is below `criterion` (P,) so far.

    BIC = `penalty` - 2 N l (Schwarz 1978). Components that the band's fit lacks get weight 0 and the
    parameters of its first.
    """
    n_channels = image.means.shape[2]
    for p in range(criterion.size):
        bic = penalty - 2.0 * n_samples * band.log_likelihood[p]
        if bic < criterion[p]:
            criterion[p] = bic
            q = offset + p
            for k in range(image.weights.shape[0]):
                has = k < band.weights.shape[0]
                source = k if has else 0
                image.weights[k, q] = band.weights[k, p] if has else 0.0
                for c in range(n_channels):
                    image.means[k, q, c] = band.means[source, p, c]
                    for d in range(n_channels):
                        image.covariances[k, q, c, d] = band.covariances[source, p, c, d]
            image.log_likelihood[q], image.n_iter[q] = band.log_likelihood[p], band.n_iter[p]
            image.converged[q], image.flags[q] = band.converged[p], band.flags[p]
