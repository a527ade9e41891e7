# From tables, masks and models to pictures, and to the pages that explain them.


rule plot_models:
    """Draw backgrounds, convergence, and maps of each fit."""
    input:
        training=training_of,
        table="results/{clip}/frames.csv",
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS),
        backgrounds=expand("results/{{clip}}/models/{model}/background.png", model=MODELS),
        convergence=expand("results/{{clip}}/models/{model}/convergence.csv", model=MODELS),
        truth=true_background_of,
    output:
        backgrounds=report(
            "results/{clip}/figures/backgrounds.png",
            caption="../report/captions/backgrounds.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "background images"},
        ),
        convergence=report(
            "results/{clip}/figures/convergence.png",
            caption="../report/captions/convergence.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "convergence"},
        ),
        vector="results/{clip}/figures/convergence.svg",
        fits=report(
            expand("results/{{clip}}/figures/fit_{model}.png", model=MODELS),
            caption="../report/captions/fit.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "maps of a fit"},
        ),
        gaps=report(
            expand("results/{{clip}}/figures/gap_{model}.png", model=MODELS[1:]),
            caption="../report/captions/gap.rst",
            category="{clip}",
            subcategory="Model",
            labels={"figure": "gap to the reference"},
        ),
    log:
        "results/{clip}/logs/plot_models.log",
    benchmark:
        "results/{clip}/benchmarks/plot_models.tsv"
    priority: FIGURE_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(510, pixel=200, sample=of_training(3), most=BAND),
        runtime=minutes(40),
    params:
        code=code_version("plot_models.py"),
        models={name: unnamed(config["models"][name]) for name in MODELS},
        names=as_params(NAMES.models),
    script:
        "../scripts/plot_models.py"


rule plot_methods:
    """Draw foreground area, agreement, absorption, and masks at a few moments."""
    input:
        frames="results/{clip}/frames.npy",
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
        area="results/{clip}/area.csv",
        agreement="results/{clip}/agreement.csv",
        visible="results/{clip}/visible.csv",
        absorption="results/{clip}/absorption.csv",
        events="results/{clip}/events.csv",
        decoding="results/{clip}/decoding.json",
    output:
        area=report(
            "results/{clip}/figures/area.png",
            caption="../report/captions/area.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "foreground area"},
        ),
        agreement=report(
            "results/{clip}/figures/agreement.png",
            caption="../report/captions/agreement.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "agreement between methods"},
        ),
        absorption=report(
            "results/{clip}/figures/absorption.png",
            caption="../report/captions/absorption.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "absorption"},
        ),
        masks=report(
            "results/{clip}/figures/masks.png",
            caption="../report/captions/masks.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "masks at a few moments"},
        ),
        vectors=expand("results/{{clip}}/figures/{figure}.svg", figure=["area", "agreement", "absorption"]),
    log:
        "results/{clip}/logs/plot_methods.log",
    benchmark:
        "results/{clip}/benchmarks/plot_methods.tsv"
    threads: 1
    resources:
        mem_mb=memory(700, pixel=250),
        runtime=minutes(10),
    params:
        code=code_version("plot_methods.py"),
        names=as_params(NAMES.methods),
        rate=rate_settings,
    script:
        "../scripts/plot_methods.py"


rule pack_page:
    """Pack what the page plays and inspects: test frames, masks, sampled pixels, and the most telling moment."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
        absorption="results/{clip}/absorption.csv",
        area="results/{clip}/area.csv",
        visible="results/{clip}/visible.csv",
        scores=scores_of,
    output:
        player="results/{clip}/page/player.json",
        small="results/{clip}/page/player_small.json",
        inspector="results/{clip}/page/inspector.json",
        moment="results/{clip}/page/moment.json",
        poster="results/{clip}/page/poster.json",
    log:
        "results/{clip}/logs/pack_page.log",
    benchmark:
        "results/{clip}/benchmarks/pack_page.tsv"
    priority: PAGE_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(600, pixel=100, sample=of_tests(4), most=PLAYER),
        runtime=minutes(160),
    params:
        code=code_version("pack_page.py"),
        settings={
            "methods": {name: unnamed(config["methods"][name]) for name in METHODS},
            "models": {name: unnamed(config["models"][name]) for name in MODELS},
        },
        names=as_params(NAMES.methods),
    script:
        "../scripts/pack_page.py"


rule pack_live:
    """Pack what the page's sliders show: masks at many thresholds, and MOG2's with the histories tried."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table="results/{clip}/frames.csv",
        player="results/{clip}/page/player.json",
        masks=expand(
            "results/{{clip}}/methods/{method}/masks.npz", method=[*METHODS_WITHOUT_SHADOWS, *HISTORY_SLIDER]
        ),
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS_WITH_RULE),
        groundtruth=groundtruth_of,
        scope=scope_of,
    output:
        live="results/{clip}/page/live.json",
    log:
        "results/{clip}/logs/pack_live.log",
    benchmark:
        "results/{clip}/benchmarks/pack_live.tsv"
    wildcard_constraints:
        clip=only(clip for clip in CLIPS if clip not in SWEPT),
    priority: PAGE_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(600, pixel=480, sample=of_tests(6), most=2 * PLAYER),
        runtime=minutes(350),
    params:
        code=code_version("pack_live.py"),
        models=MODELS_WITH_RULE,
        methods={name: unnamed(config["methods"][name]) for name in METHODS},
        names={name: of for name, of in as_params(NAMES.methods).items() if name in METHODS_WITH_RULE},
        histories=config["histories"],
        masks=[*METHODS_WITHOUT_SHADOWS, *HISTORY_SLIDER],
    script:
        "../scripts/pack_live.py"


# With ground truth, every threshold is scored in the pass that the sliders take: pictures, tables and curves are one.
use rule pack_live as sweep_thresholds with:
    output:
        live="results/{clip}/page/live.json",
        table="results/{clip}/thresholds.csv",
        figure=report(
            "results/{clip}/figures/curves.png",
            caption="../report/captions/curves.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "precision and recall by threshold"},
        ),
        vector="results/{clip}/figures/curves.svg",
    log:
        "results/{clip}/logs/sweep_thresholds.log",
    benchmark:
        "results/{clip}/benchmarks/sweep_thresholds.tsv"
    wildcard_constraints:
        clip=only(SWEPT),


rule make_page:
    """Write a clip's page: `snakemake results/CLIP/report.html`."""
    input:
        page_files,
    output:
        page=report(
            "results/{clip}/report.html",
            caption="../report/captions/page.rst",
            category="{clip}",
            subcategory="Page",
            labels={"figure": "the whole page (in one file too large for Chromium)"},
        ),
        watch=report(
            "results/{clip}/watch.html",
            caption="../report/captions/watch.rst",
            category="{clip}",
            subcategory="Page",
            labels={"figure": "the player alone, small"},
        ),
        summary="results/{clip}/page/summary.json",
    log:
        "results/{clip}/logs/make_page.log",
    benchmark:
        "results/{clip}/benchmarks/make_page.tsv"
    localrule: True
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_version("make_page.py", *page_templates()),
        settings=page_settings,
    script:
        "../scripts/make_page.py"


rule make_overview:
    """Write the page over all clips whose results are there, of this run and of earlier ones."""
    input:
        pages=lambda wildcards: expand("results/{clip}/report.html", clip=shown_clips()),
        summaries=lambda wildcards: expand("results/{clip}/page/summary.json", clip=shown_clips()),
        ranks=rules.gather_tables.output.figure,
    output:
        page=report(
            "results/report.html",
            caption="../report/captions/overview.rst",
            category="Overview",
            labels={"figure": "all clips"},
        ),
    log:
        "results/logs/make_overview.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_version("make_overview.py", *page_templates()),
    script:
        "../scripts/make_overview.py"
