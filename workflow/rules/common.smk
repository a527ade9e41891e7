# What all rules need: the checked config, the version of the code behind a rule, and the files of a clip.
import csv
import difflib
import fnmatch
import functools
import hashlib
import html
import os
import re
import sys
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

SECTIONS_WITH_NULL = ("clips", "models", "methods", "sweeps")
TABLE_TEXTS = ("title", "frames", "groundtruth", "licence", "citation", "annotation")
# The scripts themselves: workflow.source_path gives a copy, without the modules beside it.
SCRIPTS = Path(workflow.current_basedir.join("../scripts").get_path_or_uri(secret_free=False))
KINDS = ("gdrive", "url", "path", "synthetic")
# `from module import names`, also in brackets over several lines, or `import names`; comments in it name no file.
IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+)?import\s+(\([^)]*\)|[^\n]*)", re.MULTILINE)
# What a method's row holds, and the rule that makes its masks.
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


sys.path.insert(0, str(SCRIPTS))
from bgsub.masks.methods import method_of
from bgsub.model.settings import Model
from bgsub.names import as_params, names_of


def stop(message):
    """End the run with one line about the config, where an exception would add lines about this file."""
    sys.exit(f"config: {message}")


def config_error(error):
    """One line about the first thing that the schema finds wrong: the key, what it holds, what it may hold."""
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))[0]
        close = difflib.get_close_matches(unknown, known, 1)
        hint = f"did you mean '{close[0]}'?" if close else f"expected one of {', '.join(known)}"
        return f"{key}: unknown key '{unknown}'; {hint}"
    return f"{key}: {error.message}; {error.schema.get('description', 'see workflow/schemas/config.schema.yaml')}"


def check_config(config):
    """Check config against its schema and against itself, and fill in defaults.

    Sections lose the entries that are null. Ends the run with one line for the user if something is wrong.
    """
    for section in SECTIONS_WITH_NULL:
        if isinstance(config.get(section), dict):
            config[section] = {name: entry for name, entry in config[section].items() if entry is not None}
    try:
        validate(config, "../schemas/config.schema.yaml")
    except WorkflowError as error:
        cause = error.__context__
        if not hasattr(cause, "absolute_path"):
            raise
        stop(config_error(cause))
    for table in config["clip_tables"]:
        config["clips"] = clips_of_table(table) | config["clips"]
    config["run"] = clips_to_run(config)
    for name in config["run"]:
        check_source(name, config["clips"][name]["source"])
    for name, method in config["methods"].items():
        if "model" in method and method["model"] not in config["models"]:
            stop(
                f"methods.{name}.model: unknown model '{method['model']}';"
                f" expected one of {', '.join(config['models'])}"
            )


def clips_of_table(name):
    """The clips of a table, as the config would have them. Ends the run if a row is not as its schema says."""
    file = next((path for path in (Path(name), Path(workflow.basedir) / name) if path.is_file()), None)
    if file is None:
        stop(f"clip_tables: no such file: {name}; check the path")
    with open(workflow.source_path("../schemas/clips.schema.yaml")) as stream:
        validator = Draft202012Validator(yaml.safe_load(stream))
    clips = {}
    with file.open(newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.DictReader(stream, delimiter="\t"), 2):
            row = {column: cell for column, cell in row.items() if cell}
            for error in validator.iter_errors(row):
                stop(f"{name}, line {number}: {config_error(error)}")
            source = {key: row[key] for key in (*KINDS, "file", "sha256") if key in row}
            clips[row["clip"]] = {"source": source} | {key: row[key] for key in TABLE_TEXTS if key in row}
            if "still_frame" in row and "still_region" in row:
                region = [int(number) for number in row["still_region"].split()]
                clips[row["clip"]]["still"] = {"frame": int(row["still_frame"]), "region": region}
            clips[row["clip"]]["events"] = events_of_row(row)
    return clips


def events_of_row(row):
    """The events that a row of a table tells: the fall's frame counts only for a camera without a delay."""
    events = {"enters": int(row["enters"])} if "enters" in row else {}
    if "falls" in row and row.get("delay", "0") == "0":
        events["falls"] = int(row["falls"].partition("-")[0])
    return events


def clips_to_run(config):
    """Names of the clips that `run` asks for, patterns resolved, in its order."""
    names = {}
    for pattern in config["run"]:
        found = fnmatch.filter(config["clips"], pattern)
        if not found:
            close = difflib.get_close_matches(pattern, config["clips"], 3) or list(config["clips"])[:3]
            stop(
                f"run: unknown clip '{pattern}'; expected names of the section clips, such as {', '.join(close)}"
            )
        names |= dict.fromkeys(found)
    return list(names)


def check_source(clip, source):
    """End the run unless a clip's source is of one kind and, if it is the user's own, there."""
    key = f"clips.{clip}.source"
    kinds = [kind for kind in KINDS if kind in source]
    if len(kinds) != 1:
        stop(f"{key}: found {' and '.join(kinds) or 'none'}; expected one of {', '.join(KINDS)}")
    if kinds[0] in ("gdrive", "url") and "file" not in source:
        stop(f"{key}.file: missing; expected the name to keep the file by, such as {clip}.zip")
    if "path" in source and not Path(source["path"]).exists():
        stop(f"{key}.path: no such file or folder: {source['path']}; check the path")


check_config(config)

CLIPS = {name: config["clips"][name] for name in config["run"]}
# The clips with ground truth.
SCORED = [name for name in CLIPS if "groundtruth" in CLIPS[name]]
MODELS = list(config["models"])
METHODS = list(config["methods"])
# What they are called and how they are drawn, in every figure and table.
NAMES = names_of(
    {name: Model(**row) for name, row in config["models"].items()},
    {name: method_of(row) for name, row in config["methods"].items()},
)
# The methods that compare a score with a threshold, and the models that they need for it.
METHODS_WITH_RULE = [name for name in METHODS if "rule" in config["methods"][name]]
MODELS_WITH_RULE = [
    model for model in MODELS if model in [config["methods"][name].get("model") for name in METHODS_WITH_RULE]
]


wildcard_constraints:
    clip="|".join(map(re.escape, CLIPS)),
    model="|".join(map(re.escape, MODELS)),
    method="|".join(map(re.escape, METHODS)),
    tile=r"\d+",
    tiles=r"\d+",


@functools.cache
def imported_modules(path):
    """Files beside the scripts that a Python file imports itself. (Parsing them takes five times as long.)"""
    names = set()
    for module, imported in IMPORT.findall(path.read_text()):
        parts = re.findall(r"[\w.]+", imported)
        names |= {module, *(f"{module}.{part}" for part in parts)} if module else set(parts)
    modules = [SCRIPTS.joinpath(*name.split(".")) for name in names]
    candidates = {file for path in modules for file in (path.with_suffix(".py"), path / "__init__.py")}
    return sorted(file for file in candidates if file.is_file())


@functools.cache
def code_version(script, *templates):
    """Hash of a script, of each module beside it that it imports, directly or not, and of its templates.

    As a param, it makes an edit of the library rerun what uses it, and nothing else. Snakemake itself only sees
    the script. Templates are given relative to the folder of the scripts.
    """
    files, queue = set(), [SCRIPTS / script]
    while queue:
        file = queue.pop()
        if file not in files:
            files.add(file)
            queue.extend(imported_modules(file))
    files |= {(SCRIPTS / template).resolve() for template in templates}
    digest = hashlib.sha256()
    for name, file in sorted((os.path.relpath(file, SCRIPTS), file) for file in files):
        digest.update(f"{name}\0{file.read_text()}\0".encode())
    return digest.hexdigest()[:16]


def ordered(settings):
    """A section of the config with its keys in order, since Snakemake would take another order for a change."""
    if not isinstance(settings, dict):
        return settings
    return {key: ordered(settings[key]) for key in sorted(settings)}


def kind_of(clip):
    """Kind of source that a clip has: gdrive, url, path or synthetic."""
    return next(kind for kind in KINDS if kind in CLIPS[clip]["source"])


def clips_of(*kinds):
    """Pattern that matches the clips whose source is of these kinds."""
    return "|".join(re.escape(clip) for clip in CLIPS if kind_of(clip) in kinds) or "(?!)"


def clips_with(key):
    """Pattern that matches the clips that have this key in the config."""
    return "|".join(re.escape(clip) for clip in CLIPS if key in CLIPS[clip]) or "(?!)"


def methods_with(key):
    """Pattern that matches the methods that have this key in the config."""
    return "|".join(re.escape(name) for name, row in config["methods"].items() if key in row) or "(?!)"


def tracked_source(wildcards):
    """The local file behind a clip, as far as Snakemake can track it: a folder is tracked by its fingerprint."""
    kind, source = kind_of(wildcards.clip), CLIPS[wildcards.clip]["source"]
    if kind == "synthetic":
        return [f"results/{wildcards.clip}/source.zip"]
    if kind == "path" and Path(source["path"]).is_file():
        return [source["path"]]
    return []


def fingerprint(folder):
    """Hash of the names, sizes and times of what a folder holds, which Snakemake cannot track as a file."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*") if folder.is_dir() else []):
        if file.is_file():
            status = file.stat()
            digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def source_settings(wildcards):
    """A clip's source as the config has it, and for a folder the names, sizes and times of what it holds."""
    settings = {"kind": kind_of(wildcards.clip), **CLIPS[wildcards.clip]["source"]}
    if settings["kind"] == "path" and Path(settings["path"]).is_dir():
        settings["fingerprint"] = fingerprint(Path(settings["path"]))
    return ordered(settings)


def groundtruth_of(wildcards):
    """The ground truth of a clip, if it has one."""
    has_one = "groundtruth" in CLIPS[wildcards.clip]
    return [f"results/{wildcards.clip}/groundtruth.npy"] if has_one else []


def synthetic_settings(wildcards):
    """What a synthetic clip is rendered from."""
    return ordered(CLIPS[wildcards.clip]["source"]["synthetic"])


def frames_pattern(wildcards):
    """Which images of its source are a clip's frames."""
    return {"frames": CLIPS[wildcards.clip].get("frames")}


def groundtruth_pattern(wildcards):
    """Which images of its source are a clip's ground truth."""
    return {"groundtruth": CLIPS[wildcards.clip]["groundtruth"]}


def scope_settings(wildcards):
    """Which files of its source say where and when a clip is scored."""
    return {key: CLIPS[wildcards.clip].get(key) for key in ("roi", "temporal_roi")}


def train_fraction(clip):
    """Share of a clip's frames that train: its own, or that of all."""
    return CLIPS[clip].get("train_fraction", config["split"]["train_fraction"])


def split_settings(wildcards):
    """How a clip's frames are divided."""
    return {"train_fraction": train_fraction(wildcards.clip)}


def still_settings(wildcards):
    """Where and when the config says that a person lies still."""
    return ordered(CLIPS[wildcards.clip].get("still", {}))


def event_settings(wildcards):
    """In which frames the config says that a person enters and falls."""
    return ordered(CLIPS[wildcards.clip].get("events", {}))


def unnamed(row):
    """The row of a model or method without its label, which changes nothing but words."""
    return {key: value for key, value in ordered(row).items() if key != "label"}


def model_settings(wildcards):
    """How a model is fitted."""
    return unnamed(config["models"][wildcards.model])


def method_settings(wildcards):
    """How a method makes its masks."""
    return unnamed(config["methods"][wildcards.method])


def model_of_method(wildcards):
    """The model that a method compares frames with."""
    return f"results/{wildcards.clip}/models/{config['methods'][wildcards.method]['model']}/model.npz"


def true_background_of(wildcards):
    """The true empty scene of a clip, if its ground truth tells it."""
    return [f"results/{wildcards.clip}/figures/true_background.png"] if wildcards.clip in SCORED else []


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
        jobs[f"fitting {NAMES.models[model].named}"] = fit_jobs(model)
    jobs["auditing the fits"] = ["audit_convergence"]
    for method in METHODS:
        rule_name = next(name for key, name in MASK_RULES.items() if key in config["methods"][method])
        jobs[f"masks by {NAMES.methods[method].named}"] = [f"{rule_name}.{method}"]
    jobs["filming"] = ["render_videos"]
    jobs["measuring"] = ["measure_masks"]
    jobs["drawing figures"] = ["plot_models", "plot_methods"]
    if clip in SCORED:
        jobs["measuring"] += ["score_masks", "score_backgrounds", "sweep_thresholds"]
    jobs["sweeping"] = ["sweep_history"] if MOG2 and config["histories"] else []
    jobs["sweeping"] += [f"summarise_sweep.{sweep}" for sweep in SWEEPS]
    jobs["preparing this page"] = ["pack_page"]
    folder = f"results/{clip}/benchmarks"
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
    return of_clip + [file for file in SWEPT if file.startswith(f"results/{wildcards.clip}/")]


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
        "names": {"models": as_params(NAMES.models), "methods": as_params(NAMES.methods)},
        "sweeps": {
            sweep: {"method": row["method"], "keys": list(row["values"])}
            for sweep, row in config["sweeps"].items()
        },
        "fps": config["video"]["fps"],
        "benchmarks": benchmarks_of(wildcards.clip),
        "command": f"snakemake --configfile {overlays}" if overlays else "snakemake",
    }
