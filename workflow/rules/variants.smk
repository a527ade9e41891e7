# What the sweeps of the config add to its models and methods: variants that differ in one or two values.
#
# A variant is a row like any other, made by the same rules; only METHODS and MODELS, which the comparison is made
# of, leave it out. What does not differ is shared: a variant whose values are those of the config is the method
# itself, one that differs in its threshold has the model of the method. Only where a clip has a share of training
# frames of its own is every such share a variant, since what it equals is then not the same for all clips.
import itertools
import json

FRACTION = "split.train_fraction"


def variant_name(name, changes):
    """Name of a model or method with other values, such as gmm.threshold-30; without any, its own name."""
    return ".".join([name, *(f"{key}-{value_text(value)}" for key, value in sorted(changes.items()))])


def value_text(value):
    """A value as the config has it, fit for a file name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", json.dumps(value).strip('"'))


def changed(row, values):
    """The values that are not what the row has already."""
    return {key: value for key, value in values.items() if key not in row or row[key] != value}


def sweep_points(sweep, settings):
    """The variants of a sweep, each with its name, its own values and those of its model, in the order of the grid.

    Ends the run with one line for the user if the sweep asks for a method or a model that is not there.
    """
    key = f"sweeps.{sweep}"
    if settings["method"] not in config["methods"]:
        stop(
            f"{key}.method: unknown method '{settings['method']}'; expected one of {', '.join(config['methods'])}"
        )
    method = config["methods"][settings["method"]]
    for values in itertools.product(*settings["values"].values()):
        point = dict(zip(settings["values"], values))
        of_model = {name.removeprefix("model."): point[name] for name in point if name.startswith("model.")}
        of_method = changed(method, {name: point[name] for name in point if "." not in name})
        of_settings = changed(
            method.get("settings", {}),
            {name.removeprefix("settings."): point[name] for name in point if name.startswith("settings.")},
        )
        model = (method | of_method).get("model")
        if model is None and of_model:
            stop(f"{key}.values.model.{next(iter(of_model))}: method '{settings['method']}' has no model")
        if model is not None and model not in config["models"]:
            stop(
                f"{key}.values.model: unknown model '{model}'; expected one of {', '.join(config['models'])}"
            )
        of_model = changed(config["models"].get(model, {}), of_model)
        fraction = {name.removeprefix("split."): point[name] for name in point if name == FRACTION}
        if not any("train_fraction" in clip for clip in CLIPS.values()):
            fraction = changed(config["split"], fraction)
        yield {
            "values": point,
            "fraction": fraction.get("train_fraction"),
            "base": (settings["method"], model),
            "method": variant_name(settings["method"], of_method | of_settings | of_model | fraction),
            "model": None if model is None else variant_name(model, of_model | fraction),
            "method_values": of_method
            | ({"settings": method["settings"] | of_settings} if of_settings else {}),
            "model_values": of_model,
        }


def check_variants(models, methods, origins):
    """Check variants as the config's own rows, and fill in defaults. Ends the run if a value is not allowed."""
    candidate = config | {"models": config["models"] | models, "methods": config["methods"] | methods}
    try:
        validate(candidate, "../schemas/config.schema.yaml")
    except WorkflowError as error:
        cause = error.__context__
        if not hasattr(cause, "absolute_path"):
            raise
        section, name = list(cause.absolute_path)[:2]
        place = f"sweeps.{origins[name]}.values" + (".model" if section == "models" else "")
        stop(config_error(cause).replace(f"{section}.{name}", place, 1))


def add_variants():
    """Add the variants of all sweeps to the models and methods of the config.

    Returns
    -------
    sweeps : dict
        The points of each sweep, see sweep_points.
    fractions : dict
        The share of training frames of those models and methods that have one of their own.
    """
    sweeps = {sweep: list(sweep_points(sweep, settings)) for sweep, settings in config["sweeps"].items()}
    models, methods, fractions, origins = {}, {}, {}, {}
    for sweep, points in sweeps.items():
        for point in points:
            method, model = point["base"]
            if point["model"] not in (None, model):
                models[point["model"]] = config["models"][model] | point["model_values"]
            if point["method"] != method:
                methods[point["method"]] = config["methods"][method] | point["method_values"]
                if model is not None:
                    methods[point["method"]]["model"] = point["model"]
            for name in (point["method"], point["model"]):
                origins.setdefault(name, sweep)
                if point["fraction"] is not None:
                    fractions[name] = point["fraction"]
    for name in [*(methods.keys() & config["methods"].keys()), *(models.keys() & config["models"].keys())]:
        stop(f"sweeps.{origins[name]}: its variant '{name}' has the name of another row; rename that row")
    if sweeps:
        check_variants(models, methods, origins)
    config["models"] |= models
    config["methods"] |= methods
    return sweeps, fractions


SWEEPS, FRACTIONS = add_variants()
# The first of the methods that is MOG2, if there is one, is what histories are tried on.
MOG2 = next(
    (ordered(config["methods"][name]) for name in METHODS if config["methods"][name].get("opencv") == "mog2"),
    None,
)
# The tables and pictures of all sweeps.
SWEPT = expand("results/{clip}/sweeps/{sweep}.{suffix}", clip=CLIPS, sweep=SWEEPS, suffix=["csv", "png"])
if MOG2 and config["histories"]:
    SWEPT += expand("results/{clip}/{file}", clip=CLIPS, file=["history.csv", "figures/history.png"])


wildcard_constraints:
    model="|".join(map(re.escape, config["models"])),
    method="|".join(map(re.escape, config["methods"])),
    sweep="|".join(map(re.escape, SWEEPS)) or "(?!)",
    fraction=r"[0-9.e-]+",


def split_of(wildcards):
    """The table that divides a clip's frames for a model or method: the clip's own, or that of its variant."""
    fraction = FRACTIONS.get(wildcards.get("method", wildcards.get("model")))
    table = "frames.csv" if fraction is None else f"splits/{fraction}.csv"
    return f"results/{wildcards.clip}/{table}"


def scope_of(wildcards):
    """Where and when a clip is scored, if it is."""
    return [f"results/{wildcards.clip}/scope.npz"] if wildcards.clip in SCORED else []


def fraction_settings(wildcards):
    """How a variant divides the frames."""
    return {"train_fraction": float(wildcards.fraction)}


def sweep_measures(wildcards):
    """What was measured of each variant of a sweep, frame by frame."""
    names = [point["method"] for point in SWEEPS[wildcards.sweep]]
    return [f"results/{wildcards.clip}/methods/{name}/measures.csv" for name in names]


def sweep_models(wildcards):
    """The model of each variant of a sweep, if they differ."""
    names = [point["model"] for point in SWEEPS[wildcards.sweep]]
    return names if len(set(names)) > 1 else []


def sweep_fits(wildcards):
    """How the fit of each variant of a sweep went, if they differ."""
    return [f"results/{wildcards.clip}/models/{name}/convergence.csv" for name in sweep_models(wildcards)]


def sweep_settings(wildcards):
    """What varies in a sweep, what the config has in its place, and each variant's values and settings."""
    points = SWEEPS[wildcards.sweep]
    method, model = points[0]["base"]
    rows = {"split": split_settings(wildcards), "model": config["models"].get(model, {})}
    rows["settings"] = config["methods"][method].get("settings", {})
    configured = {}
    for key in points[0]["values"]:
        section, _, name = key.rpartition(".")
        configured[key] = (rows[section] if section else config["methods"][method]).get(name)
    return {
        "configured": configured,
        "variants": [{"variant": point["method"], **point["values"]} for point in points],
        "methods": {point["method"]: ordered(config["methods"][point["method"]]) for point in points},
    }
