# From masks and ground truth to scores, and to masks that other tools can score.


rule read_scope:
    """Read where and when a clip is scored: its regions of interest, or everything."""
    input:
        tracked_source,
        record="results/{clip}/source.json",
        frames="results/{clip}/frames.npy",
    output:
        scope="results/{clip}/scope.npz",
    log:
        "results/{clip}/logs/read_scope.log",
    benchmark:
        "results/{clip}/benchmarks/read_scope.tsv"
    wildcard_constraints:
        clip=clips_with("groundtruth", "temporal_roi"),
    threads: 1
    resources:
        mem_mb=memory(400, pixel=20),
        runtime=minutes(),
    params:
        code=code_version("read_scope.py"),
        regions=scope_settings,
        files=in_folder("roi", "temporal_roi"),
        limits=ordered(config["limits"]),
    script:
        "../scripts/read_scope.py"


rule score_masks:
    """Count what each method gets right and wrong in each frame, take CDnet's measures of it, and draw them."""
    input:
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
        groundtruth="results/{clip}/groundtruth.npy",
        scope="results/{clip}/scope.npz",
        absorption="results/{clip}/absorption.csv",
    output:
        counts="results/{clip}/counts.csv",
        scores="results/{clip}/scores.csv",
        differences="results/{clip}/differences.csv",
        figure=report(
            "results/{clip}/figures/scores.png",
            caption="../report/captions/scores.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "scores"},
        ),
        vector="results/{clip}/figures/scores.svg",
    log:
        "results/{clip}/logs/score_masks.log",
    benchmark:
        "results/{clip}/benchmarks/score_masks.tsv"
    priority: PAGE_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(500, pixel=30),
        runtime=minutes(60),
    params:
        code=code_version("score_masks.py"),
        methods={name: unnamed(config["methods"][name]) for name in METHODS},
        names=as_params(NAMES.methods),
        seed=config["seed"],
    script:
        "../scripts/score_masks.py"


rule score_backgrounds:
    """Compare the background images with what the ground truth says the empty scene looks like."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table="results/{clip}/frames.csv",
        groundtruth="results/{clip}/groundtruth.npy",
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS),
    output:
        table="results/{clip}/backgrounds.csv",
        truth="results/{clip}/figures/true_background.png",
    log:
        "results/{clip}/logs/score_backgrounds.log",
    benchmark:
        "results/{clip}/benchmarks/score_backgrounds.tsv"
    priority: MASK_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(480, pixel=400),
        runtime=minutes(40),
    params:
        code=code_version("score_backgrounds.py"),
        models=MODELS,
    script:
        "../scripts/score_backgrounds.py"


rule weigh_convergence:
    """Compare the masks of the converged fit with those of the notebook's, by the same rules."""
    input:
        frames="results/{clip}/frames.npy",
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
        scope=scope_of,
        models=expand("results/{{clip}}/models/{model}/model.npz", model=UNMADE),
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=PAIR.rules if PAIR else []),
    output:
        table="results/{clip}/worth.csv",
        figure=report(
            "results/{clip}/figures/worth.png",
            caption="../report/captions/worth.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "what convergence is worth"},
        ),
    log:
        "results/{clip}/logs/weigh_convergence.log",
    benchmark:
        "results/{clip}/benchmarks/weigh_convergence.tsv"
    threads: 1
    resources:
        mem_mb=memory(550, pixel=700),
        runtime=minutes(300),
    params:
        code=code_version("weigh_convergence.py"),
        models=UNMADE,
        rules=[unnamed(config["methods"][name]) for name in PAIR.rules] if PAIR else [],
        names={name: of for name, of in as_params(NAMES.models).items() if PAIR and name in PAIR[:2]},
    script:
        "../scripts/weigh_convergence.py"


rule export_masks:
    """Pack a method's masks the way CDnet's own tools read them: bin%06d.png, shadows as background."""
    input:
        masks="results/{clip}/methods/{method}/masks.npz",
    output:
        archive="results/{clip}/methods/{method}/cdnet.zip",
    log:
        "results/{clip}/logs/export_masks.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/export_masks.{method}.tsv"
    threads: 1
    resources:
        mem_mb=memory(400, pixel=20),
        runtime=minutes(30),
    params:
        code=code_version("export_masks.py"),
    script:
        "../scripts/export_masks.py"


rule cdnet:
    """All masks of all clips for CDnet's tools: `snakemake cdnet`."""
    input:
        expand("results/{clip}/methods/{method}/cdnet.zip", clip=RUN, method=METHODS),
    localrule: True
