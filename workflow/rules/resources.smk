# The memory and the time that jobs ask a cluster for. Snakemake asks again when a job is ready to run, and once
# more, with the number of the attempt, when it failed.
#
# Memory was measured as SLURM counts it: the most that all processes of a job took at a time, the two Snakemakes
# around a script (about 270 MB) and mapped frames included, for clips of 0.08 to 2 megapixels and 60 to 600 frames.
# Time was measured on one processor of 2.7 GHz.
import ast
import math

MEMORY_MARGIN = 1.25  # request over use
TIME_MARGIN = 3  # processors and file systems differ more
START = 10  # minutes that any job may take, most of it for loading software from a slow file system

# Shares of a clip's frames, the largest of any clip.
TRAIN = max(train_fraction(clip) for clip in CLIPS)
TEST = 1 - min(train_fraction(clip) for clip in CLIPS)

# Longest time that one processor should work on a tile, minutes; beyond that it gets more of them.
PATIENCE = 10
LARGEST_JOB = 4  # processors


def clip_shape(clip):
    """Frames, height and width of a clip: those of its array, or else of the clip to be rendered, or else zeros.

    Zeros stand for a clip that is not decoded yet: planning gives its jobs the least, and when their turn comes
    the array is there.
    """
    try:
        with open(f"results/{clip}/frames.npy", "rb") as file:
            start = file.read(10)
            header = file.read(int.from_bytes(start[8:], "little"))
    except FileNotFoundError:
        planned = CLIPS[clip]["source"].get("synthetic", {})
        return tuple(planned.get(key, 0) for key in ("frames", "height", "width"))
    return ast.literal_eval(header.decode("latin1"))["shape"][:3]


def memory(base, pixel=0, sample=0):
    """Function that computes a job's mem_mb, each attempt asking for as much again.

    Measured use is `base` MB for programs, `pixel` bytes for each pixel of the image, and `sample` bytes for each
    pixel of each frame. Each may be a function of the wildcards.
    """

    def mem_mb(wildcards, attempt):
        frames, height, width = clip_shape(wildcards.clip)
        each = [part(wildcards) if callable(part) else part for part in (base, pixel, sample)]
        taken = each[0] + (each[1] + each[2] * frames) * height * width / 1e6
        return attempt * math.ceil(MEMORY_MARGIN * taken)

    return mem_mb


def minutes(sample=0):
    """Function that computes a job's runtime from its nanoseconds for each pixel of each frame, on one processor."""

    def runtime(wildcards, attempt, threads):
        frames, height, width = clip_shape(wildcards.clip)
        each = sample(wildcards) if callable(sample) else sample
        return attempt * math.ceil(START + TIME_MARGIN * each * frames * height * width / threads / 60e9)

    return runtime


def components_of(wildcards):
    """Gaussians per pixel that a model may have."""
    settings = config["models"][wildcards.model]
    return settings["max_components"] if settings["components"] == "auto" else settings["components"]


def model_pixel(wildcards):
    """Bytes of a fitted model for each pixel: weights, means, covariances, and what is known of the fit."""
    return 8 * 13 * components_of(wildcards) + 14


def tile_pixel(wildcards):
    """Bytes that a fit takes for each pixel of the image: those of its tile's model, and of its copy on disk."""
    return 1.3 * model_pixel(wildcards) / int(wildcards.tiles)


def join_pixel(wildcards):
    """Bytes that joining takes for each pixel: the tiles and the whole."""
    return 2 * model_pixel(wildcards)


def tile_sample(wildcards):
    """Bytes that a fit takes for each pixel of each frame: its tile of the training frames, mapped and copied."""
    return 2 * 3 * TRAIN / int(wildcards.tiles)


def tile_nanoseconds(wildcards):
    """Time that a fit takes for each pixel of each frame."""
    components = components_of(wildcards)
    return 60 * components**2 * TRAIN / int(wildcards.tiles)


def tile_threads(wildcards):
    """Processors for a fit: one for each PATIENCE that one alone would take."""
    frames, height, width = clip_shape(wildcards.clip)
    alone = tile_nanoseconds(wildcards) * frames * height * width / 60e9
    return min(max(math.ceil(alone / PATIENCE), 1), LARGEST_JOB)
