# From parameters that vary to a table and a picture of what they do.


use rule split_frames as split_frames_otherwise with:
    input:
        frames="results/{clip}/frames.npy",
        training="results/{clip}/frames.npy",
        names="results/{clip}/names.txt",
        training_names="results/{clip}/names.txt",
        scope=[],
    output:
        table="results/{clip}/splits/{fraction}.csv",
    log:
        "results/{clip}/logs/split_frames_otherwise.{fraction}.log",
    benchmark:
        "results/{clip}/benchmarks/split_frames_otherwise.{fraction}.tsv"
    params:
        code=code_version("split_frames.py"),
        split=fraction_settings,


rule measure_variant:
    """Measure a method's masks frame by frame: what the summaries of sweeps are made of."""
    input:
        frames="results/{clip}/frames.npy",
        table=split_of,
        masks="results/{clip}/methods/{method}/masks.npz",
        groundtruth=groundtruth_of,
        scope=scope_of,
    output:
        table="results/{clip}/methods/{method}/measures.csv",
    log:
        "results/{clip}/logs/measure_variant.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/measure_variant.{method}.tsv"
    threads: 1
    resources:
        mem_mb=memory(420, pixel=30),
        runtime=minutes(80),
    params:
        code=code_version("measure_variant.py"),
        still=still_settings,
    script:
        "../scripts/measure_variant.py"


rule summarise_sweep:
    """Compare the variants of a sweep on the frames that all of them were tested on."""
    input:
        measures=sweep_measures,
        fits=sweep_fits,
    output:
        table="results/{clip}/sweeps/{sweep}.csv",
        figure=report(
            "results/{clip}/sweeps/{sweep}.png",
            caption="../report/captions/sweep.rst",
            category="{clip}",
            subcategory="Sweep",
            labels={"figure": "sweep", "sweep": "{sweep}"},
        ),
        vector="results/{clip}/sweeps/{sweep}.svg",
    log:
        "results/{clip}/logs/summarise_sweep.{sweep}.log",
    benchmark:
        "results/{clip}/benchmarks/summarise_sweep.{sweep}.tsv"
    threads: 1
    resources:
        mem_mb=memory(480),
        runtime=minutes(),
    params:
        code=code_version("summarise_sweep.py"),
        sweep=sweep_settings,
    script:
        "../scripts/summarise_sweep.py"


rule sweep_history:
    """Measure and predict how long MOG2 sees the still person, with one history after another."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
    output:
        table="results/{clip}/history.csv",
        figure=report(
            "results/{clip}/figures/history.png",
            caption="../report/captions/history.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "absorption by history"},
        ),
        vector="results/{clip}/figures/history.svg",
    log:
        "results/{clip}/logs/sweep_history.log",
    benchmark:
        "results/{clip}/benchmarks/sweep_history.tsv"
    threads: 1
    resources:
        mem_mb=memory(470, pixel=60),
        runtime=minutes(60),
    params:
        code=code_version("sweep_history.py"),
        method=MOG2,
        histories=config["histories"],
        still=still_settings,
    script:
        "../scripts/sweep_history.py"
