# From tables, masks and models to pictures, and to the page that explains them.


rule plot_models:
    """Draw backgrounds, convergence, and maps of each fit."""
    input:
        frames="results/{clip}/frames.npy",
        table="results/{clip}/frames.csv",
        models=expand("results/{{clip}}/models/{model}/model.npz", model=MODELS),
        backgrounds=expand("results/{{clip}}/models/{model}/background.png", model=MODELS),
        convergence=expand("results/{{clip}}/models/{model}/convergence.csv", model=MODELS),
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
    threads: 1
    resources:
        mem_mb=3000,
        runtime=10,
    params:
        code=code_version("plot_models.py"),
        models={name: ordered(config["models"][name]) for name in MODELS},
    script:
        "../scripts/plot_models.py"


rule plot_methods:
    """Draw foreground area, absorption, and masks at a few moments."""
    input:
        frames="results/{clip}/frames.npy",
        table="results/{clip}/frames.csv",
        groundtruth=groundtruth_of,
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
        area="results/{clip}/area.csv",
        visible="results/{clip}/visible.csv",
        absorption="results/{clip}/absorption.csv",
    output:
        area=report(
            "results/{clip}/figures/area.png",
            caption="../report/captions/area.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "foreground area"},
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
    log:
        "results/{clip}/logs/plot_methods.log",
    benchmark:
        "results/{clip}/benchmarks/plot_methods.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_version("plot_methods.py"),
        methods=METHODS,
        video=ordered(config["video"]),
    script:
        "../scripts/plot_methods.py"


rule make_report:
    """Write the page over all clips of the run."""
    input:
        expand(
            "results/{clip}/{file}",
            clip=CLIPS,
            file=[
                "source.json",
                "frames.npy",
                "frames.csv",
                "train.mp4",
                "comparison.mp4",
                "fits.csv",
                "area.csv",
                "absorption.csv",
                "figures/backgrounds.png",
                "figures/area.png",
            ],
        ),
        expand("results/{clip}/methods/{method}/video.mp4", clip=CLIPS, method=METHODS),
    output:
        page=report(
            "results/report.html",
            caption="../report/captions/page.rst",
            category="Report",
            labels={"figure": "the whole report, with videos"},
        ),
    log:
        "results/logs/make_report.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_version("make_report.py", "../report/page.html.j2", "../report/page.css"),
        settings=report_settings(),
    script:
        "../scripts/make_report.py"
