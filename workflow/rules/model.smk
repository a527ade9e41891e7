# From training frames to a mixture of Gaussians per pixel: a job for each tile of the image, and one that joins them.


rule fit_tile:
    """Fit the mixture to one horizontal tile of the training frames."""
    input:
        training=training_of,
        table=split_of,
    output:
        fit=temp("results/{clip}/models/{model}/tiles/{tile}-of-{tiles}.npz"),
    log:
        "results/{clip}/logs/fit_tile.{model}.{tile}-of-{tiles}.log",
    benchmark:
        "results/{clip}/benchmarks/fit_tile.{model}.{tile}-of-{tiles}.tsv"
    priority: MASK_PRIORITY
    threads: fit_threads
    resources:
        mem_mb=memory(560, pixel=fit_pixel, sample=fit_sample, most=BAND),
        runtime=minutes(fit_nanoseconds),
    params:
        code=code_version("fit_tile.py"),
        model=model_settings,
    script:
        "../scripts/fit_tile.py"


rule join_tiles:
    """Put the tiles of a model together, and draw its background image."""
    input:
        fits=tile_fits,
    output:
        model="results/{clip}/models/{model}/model.npz",
        checksum="results/{clip}/models/{model}/model.npz.sha256",
        background=report(
            "results/{clip}/models/{model}/background.png",
            caption="../report/captions/background.rst",
            category="{clip}",
            subcategory="Background",
            labels={"figure": "background image", "model": "{model}"},
        ),
        convergence="results/{clip}/models/{model}/convergence.csv",
    log:
        "results/{clip}/logs/join_tiles.{model}.log",
    benchmark:
        "results/{clip}/benchmarks/join_tiles.{model}.tsv"
    priority: MASK_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(430, pixel=join_pixel),
        runtime=minutes(),
    params:
        code=code_version("join_tiles.py"),
    script:
        "../scripts/join_tiles.py"
