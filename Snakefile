# Background subtraction on fall videos: from a clip's source to a report.
#
#   source -> frames -> model -> masks -> evidence -> report
#
# Everything a user sets is in config.yaml; results/<clip>/ holds what was made of each clip.
from snakemake.utils import min_version

min_version("9.27")


configfile: workflow.source_path("config.yaml")


container: "fall-background-subtraction.sif"  # built from container.def


report: "workflow/report/captions/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/settings.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/results.smk"
include: "workflow/rules/source.smk"
include: "workflow/rules/frames.smk"
include: "workflow/rules/model.smk"
include: "workflow/rules/masks.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/sweeps.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/scenes.smk"
include: "workflow/rules/lesson.smk"


onstart:
    start(workflow)


onerror:
    cancel_slurm_jobs()  # that Ctrl-C has left


rule all:
    default_target: True
    input:
        rules.make_overview.output,
        rules.tables.input,
        lambda wildcards: [file for clip in RUN for file in kept_files(clip)],  # not for each cluster job
