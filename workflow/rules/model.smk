# From training frames to a mixture of Gaussians per pixel: by one job, or by one for each tile and one that joins them.

BACKGROUND = report(
    "results/{clip}/models/{model}/background.png",
    caption="../report/captions/background.rst",
    category="{clip}",
    subcategory="Background",
    labels={"figure": "background image", "model": "{model}"},
)


if config["tiles"] == 1:

    rule fit_model:
        """Fit the mixture to the training frames, and draw its background image."""
        input:
            frames="results/{clip}/frames.npy",
            table=split_of,
        output:
            model="results/{clip}/models/{model}/model.npz",
            background=BACKGROUND,
            convergence="results/{clip}/models/{model}/convergence.csv",
        log:
            "results/{clip}/logs/fit_model.{model}.log",
        benchmark:
            "results/{clip}/benchmarks/fit_model.{model}.tsv"
        priority: SECOND
        threads: fit_threads
        resources:
            mem_mb=memory(560, pixel=fit_pixel, sample=fit_sample, most=BAND),
            runtime=minutes(fit_nanoseconds),
        params:
            code=code_version("fit_model.py"),
            model=model_settings,
        script:
            "../scripts/fit_model.py"

else:

    rule fit_tile:
        """Fit the mixture to one horizontal tile of the training frames."""
        input:
            frames="results/{clip}/frames.npy",
            table=split_of,
        output:
            fit=temp("results/{clip}/models/{model}/tiles/{tile}-of-{tiles}.npz"),
        log:
            "results/{clip}/logs/fit_tile.{model}.{tile}-of-{tiles}.log",
        benchmark:
            "results/{clip}/benchmarks/fit_tile.{model}.{tile}-of-{tiles}.tsv"
        priority: SECOND
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
            fits=expand(
                "results/{{clip}}/models/{{model}}/tiles/{tile}-of-{tiles}.npz",
                tile=range(1, config["tiles"] + 1),
                tiles=config["tiles"],
            ),
        output:
            model="results/{clip}/models/{model}/model.npz",
            background=BACKGROUND,
            convergence="results/{clip}/models/{model}/convergence.csv",
        log:
            "results/{clip}/logs/join_tiles.{model}.log",
        benchmark:
            "results/{clip}/benchmarks/join_tiles.{model}.tsv"
        priority: SECOND
        threads: 1
        resources:
            mem_mb=memory(430, pixel=join_pixel),
            runtime=minutes(),
        params:
            code=code_version("join_tiles.py"),
        script:
            "../scripts/join_tiles.py"
