# What is made of a clip, in which steps, and what of it its page shows.
import functools
import glob
import itertools
import json
import os
import re


def steps_of(clip):
    """What is done for a clip, in the order of the work.

    A row has the step as the page's table of costs calls it, or None for what that leaves out, such as the variants
    of sweeps; the rule; and the values of the rule's wildcards other than the clip.
    """
    fits, masks = [], []
    tiles = {"tile": range(1, tiles_of(clip) + 1), "tiles": tiles_of(clip)}
    for model in config["models"]:
        step = f"fitting {NAMES.models[model].named}" if model in MODELS else None
        fits += [(step, rules.fit_tile, {"model": model} | tiles), (step, rules.join_tiles, {"model": model})]
    for method in config["methods"]:
        step = f"masks by {NAMES.methods[method].named}" if method in METHODS else None
        masks.append((step, getattr(rules, mask_rule_of(method)), {"method": method}))
    rows = [
        ("rendering the clip", rules.render_synthetic, {}),
        ("fetching", rules.fetch_source, {}),
        ("reading frames", rules.read_frames, {}),
        (None, rules.split_frames, {}),
        ("reading ground truth", rules.read_groundtruth, {}),
        ("reading ground truth", rules.read_scope, {}),
        *fits,
        ("auditing the fits", rules.audit_convergence, {}),
        *masks,
        ("filming", rules.render_videos, {}),
        ("measuring", rules.measure_masks, {}),
        ("measuring", rules.measure_false_alarms, {}),
        (None, rules.time_still, {}),
        ("measuring", rules.score_masks, {}),
        ("measuring", rules.score_backgrounds, {}),
        ("measuring", rules.weigh_convergence, {}),
        ("drawing figures", rules.plot_models, {}),
        ("drawing figures", rules.plot_methods, {}),
        ("sweeping", rules.sweep_history, {}),
        ("sweeping", rules.summarise_sweep, {"sweep": list(VARIANTS)}),
        ("preparing this page", rules.pack_page, {}),
        ("preparing this page", rules.sweep_thresholds if clip in SWEPT else rules.pack_live, {}),
        (None, rules.make_page, {}),
    ]
    without = set()
    if kind_of(clip) != "synthetic":
        without |= {rules.render_synthetic}
    if clip not in SCORED:
        scoring = ("read_groundtruth", "score_masks", "score_backgrounds")
        without |= {getattr(rules, name) for name in scoring}
    if clip not in SCORED and "until" not in CLIPS[clip].get("train", {}):
        without |= {rules.read_scope}
    if not PAIR:
        without |= {rules.weigh_convergence}
    if not (MOG2 and config["histories"]):
        without |= {rules.sweep_history}
    return [row for row in rows if row[1] not in without]


@functools.cache
def patterns_of(maker, kind):
    """The files of a rule, `output`, `log` or `benchmark`, with their wildcards; Snakemake makes them anew each time."""
    files = getattr(maker, kind)
    return [files] if isinstance(files, str) else list(files)


def files_of(maker, kind, clip, values):
    """The files of a rule's jobs for a clip, given the values of the other wildcards: `expand` for thousands of jobs."""
    lists = [[value] if isinstance(value, (str, int)) else value for value in values.values()]
    jobs = [dict(zip(values, job)) for job in itertools.product(*lists)]
    return [file.format(clip=clip, **job) for file in patterns_of(maker, kind) for job in jobs]


@functools.cache
def kept_files(clip):
    """Every file that is made of a clip and kept: what all rules of its steps write."""
    kept = [row for row in steps_of(clip) if row[1] is not rules.fit_tile]  # whose tiles are joined, and go
    return [file for _, maker, values in kept for file in files_of(maker, "output", clip, values)]


def records_of(clip, kind):
    """The files that tell of each step's jobs: of the kind `benchmark` what they cost, `log` what they said."""
    files = {}
    for step, maker, values in steps_of(clip):
        files.setdefault(step, []).extend(files_of(maker, kind, clip, values))
    return {step: found for step, found in files.items() if step and found}


def page_files(wildcards):
    """What a clip's page shows, tells the checksum of, or links to as a film.

    Its benchmarks and logs are not among them: Snakemake takes none for an input. The page reads those there are.
    """
    pictures = [re.search(r"(figures/\w[^/]*)\.png$", file) for file in kept_files(wildcards.clip)]
    figures = [found[1] for found in pictures if found and found[1] != "figures/true_background"]
    tables = ["frames", "fits", "audit", "area", "agreement", "events", "absorption", "visible"]
    tables += ["still", "training", "false_alarms"] + (["worth"] if PAIR else [])
    tables += ["scores", "differences", "backgrounds"] if wildcards.clip in SCORED else []
    tables += ["thresholds"] if wildcards.clip in SWEPT else []
    packed = ["moment", "poster", "player", "player_small", "live", "inspector"]
    hashed = ["frames.npy", *(f"models/{model}/model.npz" for model in MODELS)]
    hashed += [f"methods/{method}/masks.npz" for method in METHODS]
    files = ["source.json", "decoding.json", "train.mp4", "comparison.mp4"]
    files += [f"{name}.png" for name in figures] + [f"{name}.csv" for name in tables]
    files += [f"page/{name}.json" for name in packed] + [f"{name}.sha256" for name in hashed]
    folder = f"results/{wildcards.clip}/"
    swept = [file for file in SWEEP_FILES if file.startswith(folder)]
    return list(dict.fromkeys([folder + file for file in files] + swept))


def shown_clips():
    """The clips that the overview shows: those of the run, and all others whose pages are there already."""
    pages = glob.glob(located("results/*/page/summary.json"))
    made = {os.path.basename(os.path.dirname(os.path.dirname(file))) for file in pages}
    others = {clip for clip in made if os.path.exists(located(f"results/{clip}/report.html"))}
    return sorted({*RUN, *others})


def page_templates():
    """Templates, style sheets, scripts and glossary of the pages, relative to the folder of the scripts."""
    files = sorted((SCRIPTS / "../report").glob("*.*"))
    templates = [f"../report/{file.name}" for file in files if file.suffix in (".j2", ".css", ".js")]
    return [*templates, "../../docs/glossary.md"]


# What the pages of all clips say of the config.
PAGE_SETTINGS = {
    "models": {name: ordered(config["models"][name]) for name in MODELS},
    "methods": {name: ordered(config["methods"][name]) for name in METHODS},
    "names": {"models": as_params(NAMES.models), "methods": as_params(NAMES.methods)},
    "sweeps": {
        sweep: {"method": row["method"], "keys": list(row["values"])}
        for sweep, row in config["sweeps"].items()
    },
}


def page_settings(wildcards):
    """What a clip's page says of the config, as JSON: the clip and how it was processed.

    Without `<`, for which JSON has another spelling: Snakemake's own report has params in a script element, which a
    title with `</script>` would end.
    """
    overlays = " ".join(os.path.relpath(file) for file in workflow.overwrite_configfiles)
    clip = CLIPS[wildcards.clip]
    other = trained_on(wildcards.clip, CLIPS)
    settings = {
        "clip": {
            "name": wildcards.clip,
            **{key: clip.get(key, "") for key in ("title", "annotation", "licence", "citation")},
            **PAGE_SETTINGS,
            "rate": rate_settings(wildcards),
            "trained_on": {"name": other, "title": CLIPS[other].get("title", "")},
        },
        "benchmarks": records_of(wildcards.clip, "benchmark"),
        "logs": records_of(wildcards.clip, "log"),
        "command": f"snakemake --configfile {overlays}" if overlays else "snakemake",
    }
    return json.dumps(settings).replace("<", r"\u003c")
