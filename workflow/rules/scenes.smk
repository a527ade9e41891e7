# Rendered clips, each with a trouble of real footage: how all methods do on them.


rule tabulate_scenes:
    """Put the scores of all scenes into one table."""
    input:
        scores=expand("results/{clip}/scores.csv", clip=SCENES),
        absorption=expand("results/{clip}/absorption.csv", clip=SCENES),
    output:
        table="results/scenes.csv",
    log:
        "results/logs/tabulate_scenes.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_version("tabulate_scenes.py"),
        clips=SCENES,
    script:
        "../scripts/tabulate_scenes.py"


rule make_scenes:
    """Write the page over all scenes: a frame and every method's mask of each, and how good they are."""
    input:
        table="results/scenes.csv",
        counts=expand("results/{clip}/counts.csv", clip=SCENES),
        frames=expand("results/{clip}/frames.npy", clip=SCENES),
        groundtruth=expand("results/{clip}/groundtruth.npy", clip=SCENES),
        masks=expand("results/{clip}/methods/{method}/masks.npz", clip=SCENES, method=METHODS),
    output:
        page="results/scenes.html",
    log:
        "results/logs/make_scenes.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_version("make_scenes.py", *page_templates()),
        titles={clip: CLIPS[clip].get("title", clip) for clip in SCENES},
        names=as_params(NAMES.methods),
    script:
        "../scripts/make_scenes.py"


rule scenes:
    """All methods on all scenes, as a table and a page: `snakemake scenes`."""
    input:
        rules.tabulate_scenes.output,
        rules.make_scenes.output,
    localrule: True
