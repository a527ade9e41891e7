# From models and masks to tables: convergence, foreground area, absorption.


rule summarise_fits:
    """Count iterations, converged and degenerate pixels per model, and measure each against the reference."""
    input:
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS),
    output:
        table="results/{clip}/fits.csv",
    log:
        "results/{clip}/logs/summarise_fits.log",
    benchmark:
        "results/{clip}/benchmarks/summarise_fits.tsv"
    threads: 1
    resources:
        mem_mb=memory(400, pixel=540),
        runtime=minutes(),
    params:
        code=code_version("summarise_fits.py"),
        models=MODELS,
    script:
        "../scripts/summarise_fits.py"


rule audit_convergence:
    """Compare each model with restarts on a sample of pixels, and draw what it found at each pixel."""
    input:
        frames="results/{clip}/frames.npy",
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS),
    output:
        table="results/{clip}/audit.csv",
        paths="results/{clip}/audit_paths.csv",
        figure=report(
            "results/{clip}/figures/audit.png",
            caption="../report/captions/audit.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "audit of convergence"},
        ),
        parameters=report(
            "results/{clip}/figures/parameters.png",
            caption="../report/captions/parameters.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "maps of parameters"},
        ),
    log:
        "results/{clip}/logs/audit_convergence.log",
    benchmark:
        "results/{clip}/benchmarks/audit_convergence.tsv"
    threads: 1
    resources:
        mem_mb=memory(570, pixel=330 + 50 * len(MODELS)),
        runtime=minutes(150),
    params:
        code=code_version("audit_convergence.py"),
        audit=ordered(config["audit"]),
        models={name: ordered(config["models"][name]) for name in MODELS},
    script:
        "../scripts/audit_convergence.py"


rule measure_area:
    """Measure the share of each test frame that each method calls foreground."""
    input:
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
    output:
        table="results/{clip}/area.csv",
    log:
        "results/{clip}/logs/measure_area.log",
    benchmark:
        "results/{clip}/benchmarks/measure_area.tsv"
    threads: 1
    resources:
        mem_mb=memory(360, pixel=10),
        runtime=minutes(10),
    params:
        code=code_version("measure_area.py"),
        methods=METHODS,
    script:
        "../scripts/measure_area.py"


rule measure_absorption:
    """Find when the person enters, falls and lies still, and measure how long each method still sees them."""
    input:
        frames="results/{clip}/frames.npy",
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
    output:
        events="results/{clip}/events.csv",
        absorption="results/{clip}/absorption.csv",
        visible="results/{clip}/visible.csv",
    log:
        "results/{clip}/logs/measure_absorption.log",
    benchmark:
        "results/{clip}/benchmarks/measure_absorption.tsv"
    threads: 1
    resources:
        mem_mb=memory(400, pixel=30),
        runtime=minutes(50),
    params:
        code=code_version("measure_absorption.py"),
        methods={name: ordered(config["methods"][name]) for name in METHODS},
        still=still_settings,
        events=event_settings,
    script:
        "../scripts/measure_absorption.py"
