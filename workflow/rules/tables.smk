# From the tables of clips to one over all of them, to what it says of the methods, and to a table for a paper.


rule gather_tables:
    """Put what was measured on all clips into tables, compare the methods over them, and typeset it for a paper.

    The benchmarks and logs of masks, which it tells seconds per frame from, are no inputs, as for the pages.
    """
    input:
        area=expand("results/{clip}/area.csv", clip=RUN),
        absorption=expand("results/{clip}/absorption.csv", clip=RUN),
        still=expand("results/{clip}/still.csv", clip=RUN),
        scores=expand("results/{clip}/scores.csv", clip=SCORED_RUN),
    output:
        table="results/table.csv",
        still="results/still.csv",
        scores=["results/scores.csv"] if SCORED_RUN else [],
        ranks="results/ranks.csv",
        differences="results/differences.csv",
        figure=report(
            ["results/figures/ranks.png"] if len(RUN) > 1 else [],
            caption="../report/captions/ranks.rst",
            category="Overview",
            labels={"figure": "methods over all clips"},
        ),
        vector=["results/figures/ranks.svg"] if len(RUN) > 1 else [],
        paper="results/table.tex",
    log:
        "results/logs/gather_tables.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        code=code_version("gather_tables.py"),
        categories=CATEGORIES,
        makers={name: mask_rule_of(name) for name in METHODS},
        names=as_params(NAMES.methods),
        seed=config["seed"],
    script:
        "../scripts/gather_tables.py"


rule tables:
    """All tables over the clips, and none of the pages: `snakemake tables`."""
    input:
        rules.gather_tables.output,
    localrule: True


rule list_clips:
    """List all clips that can be run, with their sources and terms."""
    output:
        table="results/clips.csv",
    log:
        "results/logs/list_clips.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_version("list_clips.py"),
        rows=known_clips,
    script:
        "../scripts/list_clips.py"


rule clips:
    """The list of all clips that can be run, results/clips.csv: `snakemake clips`."""
    input:
        rules.list_clips.output,
    localrule: True
