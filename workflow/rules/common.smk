# What all rules need: the config as the library makes it out, patterns for wildcards, and the version of code.
import os
import sys
from pathlib import Path

# Snakemake takes a target behind --configfile for a file, and would end in a traceback. So files of the targets' names
# are there, links to one that is empty.
MISPLACED = [file for file in workflow.overwrite_configfiles if file.resolve().name == "target.yaml"]
if MISPLACED:
    given = [os.path.relpath(file) for file in workflow.overwrite_configfiles if file not in MISPLACED]
    target = MISPLACED[0].name
    sys.exit(f"{target} is a target, and comes first: snakemake {target} --configfile {' '.join(given)}")

# The scripts themselves: workflow.source_path gives a copy, without the modules beside it.
scripts_folder = workflow.current_basedir.join("../scripts").get_path_or_uri(secret_free=False)
SCRIPTS = Path(os.path.normpath(scripts_folder))
sys.path.append(str(SCRIPTS))  # as Snakemake does for the scripts, which find the library there

from bgsub import code
from bgsub.config import files
from bgsub.config.duplicates import check_duplicates
from bgsub.config.experiment import read_experiment
from bgsub.config.order import in_order_of
from bgsub.config.patterns import only
from bgsub.config.surroundings import check_python
from bgsub.errors import InputError
from bgsub.masks.methods import key_of_model, method_of
from bgsub.model.settings import Model
from bgsub.names import UNCATEGORISED, as_params, names_of
from bgsub.source.room import least_bytes
from bgsub.written import check_sizes
from innards import adapt, start

# The rule that makes a method's masks, by the key that its row has.
MASK_RULES = {
    "model": "mask_by_model",
    "background": "mask_by_median",
    "opencv": "mask_by_opencv",
    "posterior": "mask_by_posterior",
    "python": "mask_by_python",
    "masks": "mask_from_files",
}

# From a path to where it is, in a module with a prefix. Snakemake does this for inputs and outputs, but neither for
# params nor for what is looked up while the workflow is planned.
located = workflow.modifier.path_modifier.replace_prefix

try:
    check_python(sys.executable)
except InputError as error:
    sys.exit(str(error))
try:
    check_duplicates(workflow.configfiles)
    # The last of the files is the config that the others, given by --configfile, extend.
    EXPERIMENT = read_experiment(
        in_order_of(workflow.configfiles[-1], config) if workflow.configfiles else config,
        SCRIPTS.parents[1],
        located,
    )
except InputError as error:
    sys.exit(f"config: {error}")  # an exception would come with lines about this file
os.environ.update(EXPERIMENT.addresses)  # which no job is given but by their variables
# Another dict, as a module may be used, and so read, more than once with the one that it was given.
config = EXPERIMENT.config

# The clips to process, those of the target `scenes`, and all that take part, of which some only train for others.
RUN, SCENES = EXPERIMENT.clips, list(EXPERIMENT.scenes)
CLIPS = config["clips"] | EXPERIMENT.scenes
# Those with ground truth.
SCORED_RUN = [name for name in RUN if "groundtruth" in CLIPS[name]]
SCORED = [*SCORED_RUN, *SCENES]
# What measures are averaged in.
CATEGORIES = {clip: CLIPS[clip].get("category", UNCATEGORISED) for clip in RUN}
# Names of the models and methods that are compared; the config's sections have those of variants besides.
MODELS, METHODS = EXPERIMENT.models, EXPERIMENT.methods
# What they are called and how they are drawn, in every figure and table.
NAMES = names_of(
    {name: Model(**config["models"][name]) for name in MODELS},
    {name: method_of(config["methods"][name]) for name in METHODS},
)
# The methods that compare a score with a threshold, and the models that they need for it.
METHODS_WITH_RULE = [name for name in METHODS if "rule" in config["methods"][name]]
# Those of them that take shadows out of their masks.
METHODS_WITHOUT_SHADOWS = [name for name in METHODS_WITH_RULE if config["methods"][name]["ignore_shadows"]]
MODELS_WITH_RULE = [
    model for model in MODELS if model in [config["methods"][name].get("model") for name in METHODS_WITH_RULE]
]


if workflow.is_main_process:  # once per run, and not again for each of its jobs
    if workflow.modifier.is_main_snakefile():
        adapt(workflow)
    try:
        check_sizes(
            log for clip in (".", *RUN) for log in Path(located(f"results/{clip}/logs")).glob("*.log")
        )
    except InputError as error:
        sys.exit(str(error))


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


def unnamed(row):
    """The row of a model or method without its label, which changes nothing but words."""
    return {key: value for key, value in ordered(row).items() if key != "label"}


def kind_of(clip):
    """Kind of source that a clip has: gdrive, url, path or synthetic."""
    return files.kind_of(CLIPS[clip]["source"])


def clips_of(*kinds):
    """Pattern that matches the clips whose source is of these kinds."""
    return only(clip for clip in CLIPS if kind_of(clip) in kinds)


def clips_with(*keys):
    """Pattern that matches the clips that have one of these keys in the config."""
    return only(clip for clip in CLIPS if any(key in CLIPS[clip] for key in keys))


def mask_rule_of(method):
    """Name of the rule that makes a method's masks."""
    return next(rule for key, rule in MASK_RULES.items() if key in config["methods"][method])


def methods_with(key):
    """Pattern that matches the methods that have this key in the config."""
    return only(name for name, row in config["methods"].items() if key in row)
