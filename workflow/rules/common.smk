# What all rules need: the config as the library makes it out, patterns for wildcards, and the version of code.
import html
import os
import re
import sys
from pathlib import Path

# The scripts themselves: workflow.source_path gives a copy, without the modules beside it.
SCRIPTS = Path(
    os.path.normpath(workflow.current_basedir.join("../scripts").get_path_or_uri(secret_free=False))
)
sys.path.append(str(SCRIPTS))  # as Snakemake does for the scripts, which find the library there

from bgsub import code
from bgsub.config import files
from bgsub.config.experiment import read_experiment
from bgsub.errors import InputError

# The rule that makes a method's masks, by the key that its row has.
MASK_RULES = {
    "model": "mask_by_model",
    "background": "mask_by_median",
    "opencv": "mask_by_opencv",
    "python": "mask_by_python",
    "masks": "mask_from_files",
}
# Which of the jobs that are ready runs, where not all can at once: FIRST the films, and what leads to the page's data;
# SECOND what those wait for; THIRD the longest figures, so that no processor is left alone with one in the end.
FIRST, SECOND, THIRD = 3, 2, 1

# From a path to where it is, in a module with a prefix. Snakemake does this for inputs and outputs, but neither for
# params nor for what is looked up while the workflow is planned.
located = workflow.modifier.path_modifier.replace_prefix

try:
    EXPERIMENT = read_experiment(config, SCRIPTS.parents[1], located)
except InputError as error:
    sys.exit(f"config: {error}")  # an exception would come with lines about this file
# Another dict, as a module may be used, and so read, more than once with the one that it was given.
config = EXPERIMENT.config

CLIPS = config["clips"]
# The clips with ground truth.
SCORED = [name for name in CLIPS if "groundtruth" in CLIPS[name]]
# Names of the models and methods that are compared; the config's sections have those of variants besides.
MODELS, METHODS = EXPERIMENT.models, EXPERIMENT.methods
# The methods that compare a score with a threshold, and the models that they need for it.
METHODS_WITH_RULE = [name for name in METHODS if "rule" in config["methods"][name]]
MODELS_WITH_RULE = [
    model for model in MODELS if model in [config["methods"][name].get("model") for name in METHODS_WITH_RULE]
]


def only(names):
    """Pattern that matches these names and no others."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    clip=only(CLIPS),
    model=only(config["models"]),
    method=only(config["methods"]),
    sweep=only(config["sweeps"]),
    fraction=r"[0-9.e-]+",
    tile=r"\d+",
    tiles=r"\d+",


def code_version(script, *templates):
    """Version of the code behind a rule: its script, what of the library that uses, and its templates."""
    return code.code_version(SCRIPTS / script, *templates)


def ordered(settings):
    """A section of the config with its keys in order, since Snakemake would take another order for a change."""
    if not isinstance(settings, dict):
        return settings
    return {key: ordered(settings[key]) for key in sorted(settings)}


def kind_of(clip):
    """Kind of source that a clip has: gdrive, url, path or synthetic."""
    return files.kind_of(CLIPS[clip]["source"])


def clips_of(*kinds):
    """Pattern that matches the clips whose source is of these kinds."""
    return only(clip for clip in CLIPS if kind_of(clip) in kinds)


def clips_with(key):
    """Pattern that matches the clips that have this key in the config."""
    return only(clip for clip in CLIPS if key in CLIPS[clip])


def methods_with(key):
    """Pattern that matches the methods that have this key in the config."""
    return only(name for name, row in config["methods"].items() if key in row)


def fit_jobs(model):
    """The jobs that fit a model, named as their benchmark files are."""
    tiles = config["tiles"]
    if tiles == 1:
        return [f"fit_model.{model}"]
    return [f"fit_tile.{model}.{tile}-of-{tiles}" for tile in range(1, tiles + 1)] + [f"join_tiles.{model}"]


def benchmarks_of(clip):
    """The benchmark files of a clip by what was done, in the order of the work."""
    jobs = {"fetching": ["fetch_source"], "reading frames": ["read_frames"]}
    if kind_of(clip) == "synthetic":
        jobs = {"rendering the clip": ["render_synthetic"]} | jobs
    if clip in SCORED:
        jobs["reading ground truth"] = ["read_groundtruth", "read_scope"]
    for model in MODELS:
        jobs[f"fitting {model}"] = fit_jobs(model)
    jobs["auditing the fits"] = ["audit_convergence"]
    for method in METHODS:
        rule_name = next(name for key, name in MASK_RULES.items() if key in config["methods"][method])
        jobs[f"masks by {method}"] = [f"{rule_name}.{method}"]
    jobs["filming"] = ["render_videos"]
    jobs["measuring"] = ["measure_masks"]
    jobs["drawing figures"] = ["plot_models", "plot_methods"]
    if clip in SCORED:
        jobs["measuring"] += ["score_masks", "score_backgrounds", "sweep_thresholds"]
    jobs["sweeping"] = ["sweep_history"] if MOG2 and config["histories"] else []
    jobs["sweeping"] += [f"summarise_sweep.{sweep}" for sweep in VARIANTS]
    jobs["preparing this page"] = ["pack_page"]
    folder = located(f"results/{clip}/benchmarks")
    return {step: [f"{folder}/{job}.tsv" for job in names] for step, names in jobs.items() if names}


def page_extras(wildcards):
    """What a clip's page shows besides that which every clip has."""
    files = [
        "audit.csv",
        "figures/audit.png",
        "figures/parameters.png",
        "agreement.csv",
        "figures/agreement.png",
    ]
    if wildcards.clip in SCORED:
        files += [
            "scores.csv",
            "thresholds.csv",
            "differences.csv",
            "backgrounds.csv",
            "figures/scores.png",
            "figures/curves.png",
        ]
    of_clip = [f"results/{wildcards.clip}/{file}" for file in files]
    return of_clip + [file for file in SWEEP_FILES if file.startswith(f"results/{wildcards.clip}/")]


def page_templates():
    """Templates, style sheets and scripts of the pages, relative to the folder of the scripts."""
    files = sorted((SCRIPTS / "../report").glob("*.*"))
    return [f"../report/{file.name}" for file in files if file.suffix in (".j2", ".css", ".js")]


def page_settings(wildcards):
    """What a clip's page says of the config: the clip and how it was processed.

    Texts are without `<`: Snakemake's own report has params in a script element, which `</script>` would end.
    """
    overlays = " ".join(os.path.relpath(file) for file in workflow.overwrite_configfiles)
    clip = CLIPS[wildcards.clip]
    return {
        "name": wildcards.clip,
        **{key: html.escape(clip.get(key, "")) for key in ("title", "annotation", "licence", "citation")},
        "models": {name: ordered(config["models"][name]) for name in MODELS},
        "methods": {name: ordered(config["methods"][name]) for name in METHODS},
        "fps": config["video"]["fps"],
        "benchmarks": benchmarks_of(wildcards.clip),
        "command": f"snakemake --configfile {overlays}" if overlays else "snakemake",
    }
