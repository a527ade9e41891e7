# From models and masks to tables: convergence, foreground area, absorption.


rule audit_convergence:
    """Summarise each fit, compare it with restarts on a sample of pixels, and draw what it found at each pixel."""
    input:
        training=training_of,
        table="results/{clip}/frames.csv",
        groundtruth=training_groundtruth_of,
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS),
    output:
        fits="results/{clip}/fits.csv",
        table="results/{clip}/audit.csv",
        paths="results/{clip}/audit_paths.csv",
        figure=report(
            "results/{clip}/figures/audit.png",
            caption="../report/captions/audit.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "audit of convergence"},
        ),
        vector="results/{clip}/figures/audit.svg",
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
    priority: FIGURE_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(570, pixel=250 + 50 * len(MODELS)),
        runtime=minutes(150),
    params:
        code=code_version("audit_convergence.py"),
        audit=ordered(config["audit"]),
        models={name: unnamed(config["models"][name]) for name in MODELS},
        names=as_params(NAMES.models),
    script:
        "../scripts/audit_convergence.py"


rule measure_masks:
    """Tell what happens in a clip, measure all masks, and how long each method sees the person who lies still."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
    output:
        area="results/{clip}/area.csv",
        agreement="results/{clip}/agreement.csv",
        events="results/{clip}/events.csv",
        absorption="results/{clip}/absorption.csv",
        visible="results/{clip}/visible.csv",
        still_frames="results/{clip}/still_frames.csv",
        training="results/{clip}/training.csv",
    log:
        "results/{clip}/logs/measure_masks.log",
    benchmark:
        "results/{clip}/benchmarks/measure_masks.tsv"
    priority: PAGE_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(400, pixel=30 + 3 * len(METHODS)),
        runtime=minutes(80),
    params:
        code=code_version("measure_masks.py"),
        methods={name: unnamed(config["methods"][name]) for name in METHODS},
        still=still_settings,
        events=event_settings,
    script:
        "../scripts/measure_masks.py"


rule measure_false_alarms:
    """Measure how often background passes each method's threshold, in training frames left out and by theory."""
    input:
        training=training_of,
        table="results/{clip}/frames.csv",
        groundtruth=training_groundtruth_of,
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS_WITH_RULE),
    output:
        table="results/{clip}/false_alarms.csv",
    log:
        "results/{clip}/logs/measure_false_alarms.log",
    benchmark:
        "results/{clip}/benchmarks/measure_false_alarms.tsv"
    threads: 1
    resources:
        mem_mb=memory(900, pixel=480),
        runtime=minutes(100),
    params:
        code=code_version("measure_false_alarms.py"),
        methods={name: unnamed(config["methods"][name]) for name in METHODS_WITH_RULE},
        models={name: unnamed(config["models"][name]) for name in MODELS_WITH_RULE},
        seed=config["seed"],
    script:
        "../scripts/measure_false_alarms.py"


rule time_still:
    """Tell how long each stillness lasts: apart, so that another rate measures no mask again."""
    input:
        still_frames="results/{clip}/still_frames.csv",
        decoding="results/{clip}/decoding.json",
    output:
        still="results/{clip}/still.csv",
    log:
        "results/{clip}/logs/time_still.log",
    benchmark:
        "results/{clip}/benchmarks/time_still.tsv"
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_version("time_still.py"),
        rate=rate_settings,
    script:
        "../scripts/time_still.py"
