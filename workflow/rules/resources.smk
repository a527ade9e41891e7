# The memory and the time that jobs ask a cluster for. Snakemake asks again when a job is ready to run, and once
# more, with the number of the attempt, when it failed.
#
# Memory was measured as SLURM counts it: the most that all processes of a job took at a time, the two Snakemakes
# around a script (about 270 MB) and mapped frames included, for clips of 0.01 to 2 megapixels. No job takes more for
# a longer clip than some of its rows, or the pictures of its page: see BAND and PLAYER.
# Time was measured on one processor of 2.7 GHz.
import ast
import math
import subprocess

# Which of the jobs that are ready runs, where not all can at once: first the films and what leads to the page's data,
# then the masks and models that those wait for, then the longest figures, so that no processor is left alone with one
# in the end.
PAGE_PRIORITY, MASK_PRIORITY, FIGURE_PRIORITY = 3, 2, 1

MEMORY_MARGIN = 1.25  # request over use
TIME_MARGIN = 3  # processors and file systems differ more
START = 10  # minutes that any job may take, most of it for loading software from a slow file system

# Most that frames held at a time take, MB: bgsub.source.frames.row_bands, the pictures of the page's player, and a
# film of all methods with its encoder and its preview.
BAND = 270
PLAYER = 400
FILM = 430

# Longest time that one processor should work on a fit, minutes; beyond that it gets more of them.
PATIENCE = 10
LARGEST_JOB = 4  # processors

POSTERIOR = 200  # nanoseconds that a method which goes on learning takes for each pixel of each frame

TILE_PIXELS = 500_000  # of a tile at most, where `tiles: auto` knows the size of the picture


def clip_shape(clip):
    """Frames, height and width of a clip: those of its array, or else of the clip to be rendered, or else zeros.

    Zeros stand for a clip that is not decoded yet: planning gives its jobs the least, and when their turn comes
    the array is there.
    """
    try:
        with open(located(f"results/{clip}/frames.npy"), "rb") as file:
            start = file.read(10)
            header = file.read(int.from_bytes(start[8:], "little"))
    except FileNotFoundError:
        planned = CLIPS[clip]["source"].get("synthetic", {})
        return tuple(planned.get(key, 0) for key in ("frames", "height", "width"))
    return ast.literal_eval(header.decode("latin1"))["shape"][:3]


def trained_share(clip):
    """Number of a clip's training frames, as a share of its own frames; at most that many."""
    train, frames = CLIPS[clip].get("train", {}), max(clip_shape(clip)[0], 1)
    if "clip" in train:
        return clip_shape(train["clip"])[0] / frames
    if "frames" in train:
        return sum(stop - first for first, stop in train["frames"]) / frames
    return 1 if "until" in train else train_fraction(clip)


def of_training(each):
    """Function that computes bytes for each pixel of each frame from those of each training frame."""
    return lambda wildcards: each * trained_share(wildcards.clip)


def of_tests(each):
    """Likewise from those of each test frame."""

    def sample(wildcards):
        own = {"clip", "until"}.isdisjoint(CLIPS[wildcards.clip].get("train", {}))
        return each * max(1 - trained_share(wildcards.clip), 0) if own else each

    return sample


def memory(base, pixel=0, sample=0, most=math.inf):
    """Function that computes a job's mem_mb, each attempt asking for as much again.

    Measured use is `base` MB for programs, `pixel` bytes for each pixel of the image, and `sample` bytes for each
    pixel of each frame, but at most `most` MB for those. `pixel` and `sample` may be functions of the wildcards.
    """

    def mem_mb(wildcards, attempt):
        frames, height, width = clip_shape(wildcards.clip)
        image, clip = (part(wildcards) if callable(part) else part for part in (pixel, sample))
        area = height * width / 1e6
        return attempt * math.ceil(MEMORY_MARGIN * (base + image * area + min(clip * frames * area, most)))

    return mem_mb


def results_disk(wildcards):
    """MB that models, masks and films of a clip take at least, but for what is there of them already."""
    folder = Path(located(f"results/{wildcards.clip}"))
    made = [*folder.glob("models/*/model.npz"), *folder.glob("methods/*/*"), *folder.glob("*.mp4")]
    pixels = [model_bytes(model) for model in config["models"]]
    least = least_bytes(clip_shape(wildcards.clip), pixels, len(METHODS))
    return max(least - sum(file.stat().st_size for file in made), 0) // 10**6


def minutes(sample=0):
    """Function that computes a job's runtime from its nanoseconds for each pixel of each frame, on one processor."""

    def runtime(wildcards, attempt, threads):
        frames, height, width = clip_shape(wildcards.clip)
        each = sample(wildcards) if callable(sample) else sample
        return attempt * math.ceil(START + TIME_MARGIN * each * frames * height * width / threads / 60e9)

    return runtime


def render_pixel(wildcards):
    """Bytes that rendering takes for each pixel: a draught needs the room in some 25 states."""
    return 1300 + (25 * 28 if CLIPS[wildcards.clip]["source"]["synthetic"]["draught"] else 0)


def components_of(model):
    """Gaussians per pixel that a model may have."""
    return Model(**config["models"][model]).most_components


def model_bytes(model):
    """Bytes of a fitted model for each pixel: weights, means, covariances, and what is known of the fit."""
    return 8 * 13 * components_of(model) + 14


def model_pixel(wildcards):
    """Bytes that the model of a job takes for each pixel."""
    return model_bytes(wildcards.model)


def method_pixel(wildcards):
    """Bytes that a method takes for each pixel: its model, and what its rule makes of it."""
    method = method_of(config["methods"][wildcards.method])
    # What exposure, shadows and neighbourhoods need beside: the heaviest component's share of it, taken apart.
    more = 250 if method.gain or method.ignore_shadows or getattr(method, "pooling", 0) else 0
    return 8 * 13 * components_of(method.model) * (2 if "covariances" in method.parts else 1) + 40 + more


def posterior_pixel(wildcards):
    """Bytes that a method which goes on learning takes for each pixel: its model, and what it knows and suspects."""
    method = method_of(config["methods"][wildcards.method])
    return 8 * 13 * components_of(method.posterior) * 2 + 400


def tiles_of(clip):
    """Number of jobs that share a fit: with `tiles: auto` two, or more for a large picture.

    Another number is another set of inputs, for which Snakemake would fit anew. So it depends on what is known before
    the clip is decoded, and stays: the config has the size of a clip to be rendered, and of no other.
    """
    if config["tiles"] != "auto":
        return config["tiles"]
    planned = CLIPS[clip]["source"].get("synthetic", {"height": 0, "width": 0})
    return max(math.ceil(planned["height"] * planned["width"] / TILE_PIXELS), 2)


def tile_fits(wildcards):
    """The tiles of a fit, from the top to the bottom."""
    tiles = tiles_of(wildcards.clip)
    folder = f"results/{wildcards.clip}/models/{wildcards.model}/tiles"
    return [f"{folder}/{tile}-of-{tiles}.npz" for tile in range(1, tiles + 1)]


def fit_pixel(wildcards):
    """Bytes that a fit takes for each pixel of the image: its tile's model."""
    return model_pixel(wildcards) / int(wildcards.tiles)


def fit_sample(wildcards):
    """Bytes that a fit takes for each pixel of each frame: its tile's training samples, and twice their model."""
    frames, _, _ = clip_shape(wildcards.clip)
    return (3 * trained_share(wildcards.clip) + 2 * model_pixel(wildcards) / max(frames, 1)) / int(
        wildcards.tiles
    )


def film_sample(wildcards):
    """Bytes that films take for each pixel of each frame: 180 in all for each pixel of each method's masks.

    Divided by the frames, which `memory` multiplies it with: a longer film takes no more.
    """
    frames, _, _ = clip_shape(wildcards.clip)
    return 180 * len(METHODS) / max(frames, 1)


def join_pixel(wildcards):
    """Bytes that joining takes for each pixel: the whole and two of its tiles."""
    return model_pixel(wildcards) * (1 + 2 / tiles_of(wildcards.clip))


def fit_nanoseconds(wildcards):
    """Time that a fit takes for each pixel of each frame."""
    components = components_of(wildcards.model)
    return 60 * components**2 * trained_share(wildcards.clip) / int(wildcards.tiles)


def fit_threads(wildcards):
    """Processors for a fit: one for each PATIENCE that one alone would take."""
    frames, height, width = clip_shape(wildcards.clip)
    alone = fit_nanoseconds(wildcards) * frames * height * width / 60e9
    return min(max(math.ceil(alone / PATIENCE), 1), LARGEST_JOB)


def posterior_threads(wildcards):
    """Processors for a method that goes on learning: two, where one alone would take more than a minute.

    A job of two waits until both are free, while others begin, and all that follows from it waits too.
    """
    frames, height, width = clip_shape(wildcards.clip)
    return 2 if POSTERIOR * frames * height * width > 60e9 else 1


def cancel_slurm_jobs():
    """Cancel what runs or waits of this run on a SLURM, by the name that all of its jobs have.

    Ctrl-C cancels jobs by their numbers, of which Snakemake knows none while it asks SLURM how they are.
    """
    if run_id := getattr(getattr(workflow.scheduler, "_executor", None), "run_uuid", None):
        subprocess.run(["scancel", "--name", run_id], check=False)
