# From a clip's source to a local file and a record of where it came from.


rule render_synthetic:
    """Render a synthetic clip with its ground truth into an archive, so that it goes the way of real data."""
    output:
        archive="results/{clip}/source.zip",
    log:
        "results/{clip}/logs/render_synthetic.log",
    benchmark:
        "results/{clip}/benchmarks/render_synthetic.tsv"
    wildcard_constraints:
        clip=clips_of("synthetic"),
    threads: 1
    resources:
        mem_mb=memory(350, pixel=render_pixel),
        runtime=minutes(125),
    params:
        code=code_version("render_synthetic.py"),
        clip=synthetic_settings,
    script:
        "../scripts/render_synthetic.py"


rule fetch_source:
    """Fetch what is not there yet, check it, and record address, size and checksum.

    Fetched files live in data/, which Snakemake does not manage: it would delete them before fetching again.
    """
    input:
        tracked_source,
    output:
        record="results/{clip}/source.json",
    log:
        "results/{clip}/logs/fetch_source.log",
    benchmark:
        "results/{clip}/benchmarks/fetch_source.tsv"
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=120,
    params:
        code=code_version("fetch_source.py"),
        source=source_settings,
        limits=ordered(config["limits"]),
    script:
        "../scripts/fetch_source.py"
