# The files and settings of clips, models and methods, and of the variants of sweeps.
from bgsub.config.catalogue import catalogue
from bgsub.config.sweeps import value_in_config
from bgsub.config.training import trained_on
from bgsub.masks.pair import pair_of
from bgsub.masks.subtractors import with_history

# The variants of each sweep, and the share of training frames of those models and methods that have their own.
VARIANTS, FRACTIONS = EXPERIMENT.variants, EXPERIMENT.fractions
# The first of the methods that is MOG2, if there is one, is what histories are tried on.
MOG2 = next(
    (unnamed(config["methods"][name]) for name in METHODS if config["methods"][name].get("opencv") == "mog2"),
    None,
)
# The method whose histories the page has a slider over, if there is one.
SLIDING = with_history({name: method_of(config["methods"][name]) for name in METHODS})
HISTORY_SLIDER = [SLIDING] if SLIDING and config["histories"] else []
# The clips in which every threshold is scored.
SWEPT = SCORED if METHODS_WITH_RULE else []
# The fits, and the methods, that show what it is worth that a fit has converged.
PAIR = pair_of(
    {name: Model(**config["models"][name]) for name in MODELS},
    {name: method_of(config["methods"][name]) for name in METHODS},
)
# Of the fits, those that a rule of theirs has no masks of yet, as its method has the other one.
UNMADE = [
    model
    for model in (PAIR[:2] if PAIR else [])
    if any(config["methods"][rule]["model"] != model for rule in PAIR.rules)
]
# The tables and pictures of all sweeps.
SWEEP_FILES = expand(
    "results/{clip}/sweeps/{sweep}.{suffix}", clip=RUN, sweep=VARIANTS, suffix=["csv", "png"]
)
if MOG2 and config["histories"]:
    SWEEP_FILES += expand("results/{clip}/{file}", clip=RUN, file=["history.csv", "figures/history.png"])


def lesson_compares(row):
    """Whether a method compares differences to the reference model."""
    return row["rule"] == "difference" and row.get("model") == MODELS[0]


# What the lesson is about: the reference model, the first method that compares differences to it, and the first MOG2.
LESSON_METHODS = [
    *[name for name in METHODS_WITH_RULE if lesson_compares(config["methods"][name])][:1],
    *[name for name in METHODS if config["methods"][name].get("opencv") == "mog2"][:1],
]


def tracked_source(wildcards):
    """The local file behind a clip, as far as Snakemake can track it."""
    if kind_of(wildcards.clip) == "synthetic":
        return [f"results/{wildcards.clip}/source.zip"]
    return files.source_files(CLIPS[wildcards.clip]["source"], located)


def source_settings(wildcards):
    """A clip's source, as the job that gets it has to know it."""
    clip = CLIPS[wildcards.clip]
    return ordered(files.source_settings(clip["source"], located, clip.get("frames")))


def known_clips(wildcards):
    """What is known of every clip that can be run; looked up only where it is listed."""
    return catalogue(EXPERIMENT.known, RUN, located)


def groundtruth_of(wildcards):
    """The ground truth of a clip, if it has one."""
    return [f"results/{wildcards.clip}/groundtruth.npy"] if wildcards.clip in SCORED else []


def training_groundtruth_of(wildcards):
    """The ground truth of the clip whose frames train, if it has one."""
    clip = trained_on(wildcards.clip, CLIPS)
    return [f"results/{clip}/groundtruth.npy"] if "groundtruth" in CLIPS[clip] else []


def synthetic_settings(wildcards):
    """What a synthetic clip is rendered from."""
    return ordered(CLIPS[wildcards.clip]["source"]["synthetic"])


def scope_of(wildcards):
    """Where and when a clip is scored, if it is."""
    return [f"results/{wildcards.clip}/scope.npz"] if wildcards.clip in SCORED else []


def of_clip(*keys):
    """Function that returns what the config has of a clip by these keys, or None."""
    return lambda wildcards: {key: CLIPS[wildcards.clip].get(key) for key in keys}


def in_folder(*keys):
    """Function that tells by fingerprints when files of a clip's folder are others that it takes by these keys."""
    return lambda wildcards: files.fingerprints(CLIPS[wildcards.clip], keys, located)


# Which files of its source are a clip's frames and its ground truth, and say where and when it is scored.
frames_pattern = of_clip("frames", "bits")
groundtruth_pattern = of_clip("groundtruth")
scope_settings = of_clip("roi", "temporal_roi")


def rate_settings(wildcards):
    """What the config says of a clip's frames per second, or else what it has all clips taken to have."""
    clip = CLIPS[wildcards.clip]
    return {"fps": clip["fps"]} if "fps" in clip else {"assumed": config["video"]["fps"]}


def still_settings(wildcards):
    """Where and when the config says that a person lies still."""
    return ordered(CLIPS[wildcards.clip].get("still", {}))


def event_settings(wildcards):
    """In which frames the config says that a person enters and falls."""
    return ordered(CLIPS[wildcards.clip].get("events", {}))


def model_settings(wildcards):
    """How a model is fitted."""
    return unnamed(config["models"][wildcards.model])


def method_settings(wildcards):
    """How a method makes its masks of a clip."""
    return unnamed(files.method_settings(config["methods"][wildcards.method], wildcards.clip, located))


def method_file(wildcards):
    """The file behind a method of the user's, as far as Snakemake can track it."""
    return files.method_files(config["methods"][wildcards.method], wildcards.clip, located)


def model_of_method(wildcards):
    """The model that a method compares frames with, or starts from."""
    row = config["methods"][wildcards.method]
    return f"results/{wildcards.clip}/models/{row[key_of_model(row)]}/model.npz"


def mixture_of_method(wildcards):
    """How the model is fitted that a method starts from."""
    row = config["methods"][wildcards.method]
    return unnamed(config["models"][row[key_of_model(row)]])


def scores_of(wildcards):
    """The scores of a clip, if it has ground truth."""
    return [f"results/{wildcards.clip}/scores.csv"] if wildcards.clip in SCORED else []


def true_background_of(wildcards):
    """The true empty scene of a clip, if its ground truth tells it."""
    return [f"results/{wildcards.clip}/figures/true_background.png"] if wildcards.clip in SCORED else []


def train_fraction(clip):
    """Share of a clip's frames that train: its own, or that of all; None if it says otherwise what trains."""
    if "train" in CLIPS[clip]:
        return None
    return CLIPS[clip].get("train_fraction", config["split"]["train_fraction"])


def split_settings(wildcards):
    """Which frames train: of which clip, and which of the clip's own."""
    clip = CLIPS[wildcards.clip]
    train = clip.get("train") or {"train_fraction": train_fraction(wildcards.clip)}
    return {"train": ordered(train), "trained_on": trained_on(wildcards.clip, CLIPS)}


def split_scope(wildcards):
    """The file that says which frames are scored, if what comes before them trains."""
    until = CLIPS[wildcards.clip].get("train", {}).get("until")
    return [f"results/{wildcards.clip}/scope.npz"] if until else []


def own_fraction(wildcards):
    """The share of a clip's frames that train a model or method that is a variant in that, else None."""
    return FRACTIONS.get(wildcards.get("method", wildcards.get("model")))


def split_of(wildcards):
    """The table that divides a clip's frames for a model or method: the clip's own, or that of its variant."""
    fraction = own_fraction(wildcards)
    table = "frames.csv" if fraction is None else f"splits/{fraction}.csv"
    return f"results/{wildcards.clip}/{table}"


def training_of(wildcards):
    """The frames among which those are that train a model or method, or all of them: the clip's, or others."""
    clip = wildcards.clip if own_fraction(wildcards) is not None else trained_on(wildcards.clip, CLIPS)
    return f"results/{clip}/frames.npy"


def training_names_of(wildcards):
    """The names of the frames among which those are that train."""
    return f"results/{trained_on(wildcards.clip, CLIPS)}/names.txt"


def fraction_settings(wildcards):
    """How a variant divides the frames."""
    return {"train": {"train_fraction": float(wildcards.fraction)}, "trained_on": wildcards.clip}


def sweep_measures(wildcards):
    """What was measured of each variant of a sweep, frame by frame."""
    names = [variant.method for variant in VARIANTS[wildcards.sweep]]
    return [f"results/{wildcards.clip}/methods/{name}/measures.csv" for name in names]


def sweep_fits(wildcards):
    """How the fit of each variant of a sweep went, if they differ."""
    names = [variant.model for variant in VARIANTS[wildcards.sweep]]
    folder = f"results/{wildcards.clip}/models"
    return [f"{folder}/{name}/convergence.csv" for name in names] if len(set(names)) > 1 else []


def sweep_settings(wildcards):
    """What varies in a sweep, what the config has in its place, and each variant's values and settings."""
    variants = VARIANTS[wildcards.sweep]
    own = config | {"split": {"train_fraction": train_fraction(wildcards.clip)}}
    return {
        "configured": {key: value_in_config(key, variants[0].base, own) for key in variants[0].values},
        "variants": [{"variant": variant.method, **variant.values} for variant in variants],
        "methods": {variant.method: unnamed(variant.method_row) for variant in variants},
    }


def lesson_settings(wildcards):
    """What the lesson says of the run's settings."""
    gmm, mog2 = (config["methods"][name] for name in LESSON_METHODS)
    return {
        "covariance_floor": config["models"][MODELS[0]].get("covariance_floor"),
        "history": mog2["history"],
        "methods": LESSON_METHODS,
        "threshold": gmm["threshold"],
    }


def lesson_masks(wildcards):
    """The masks of the two methods that the lesson compares."""
    if components_of(MODELS[0]) < 2:
        sys.exit(f"models.{MODELS[0]}.components: found 1; the lesson is about a mixture of two or more")
    if len(LESSON_METHODS) < 2:
        sys.exit(f"methods: the lesson needs one with model: {MODELS[0]} and rule: difference, and one MOG2")
    gmm, mog2 = (f"results/{wildcards.clip}/methods/{name}/masks.npz" for name in LESSON_METHODS)
    return {"gmm": gmm, "mog2": mog2}
