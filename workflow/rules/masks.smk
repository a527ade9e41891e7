# From frames and models to a mask per test frame, and to videos that show them.


rule mask_by_model:
    """Mark the foreground by comparing the test frames with a fitted model."""
    input:
        frames="results/{clip}/frames.npy",
        table=split_of,
        model=model_of_method,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
        checksum="results/{clip}/methods/{method}/masks.npz.sha256",
    log:
        "results/{clip}/logs/mask_by_model.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_model.{method}.tsv"
    wildcard_constraints:
        method=methods_with("model"),
    priority: MASK_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(430, pixel=method_pixel),
        runtime=minutes(80),
    params:
        code=code_version("mask_by_model.py"),
        method=method_settings,
    script:
        "../scripts/mask_by_model.py"


rule mask_by_median:
    """Mark the foreground by comparing the test frames with the median of the training frames."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table=split_of,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
        checksum="results/{clip}/methods/{method}/masks.npz.sha256",
    log:
        "results/{clip}/logs/mask_by_median.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_median.{method}.tsv"
    wildcard_constraints:
        method=methods_with("background"),
    priority: MASK_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(430, pixel=60, sample=of_training(3), most=BAND),
        runtime=minutes(50),
    params:
        code=code_version("mask_by_median.py"),
        method=method_settings,
    script:
        "../scripts/mask_by_median.py"


rule mask_by_opencv:
    """Mark the foreground by one of OpenCV's methods, which sees all frames from the first on."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table=split_of,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
        checksum="results/{clip}/methods/{method}/masks.npz.sha256",
    log:
        "results/{clip}/logs/mask_by_opencv.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_opencv.{method}.tsv"
    wildcard_constraints:
        method=methods_with("opencv"),
    priority: MASK_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(400, pixel=110),
        runtime=minutes(40),
    params:
        code=code_version("mask_by_opencv.py"),
        method=method_settings,
    script:
        "../scripts/mask_by_opencv.py"


rule mask_by_posterior:
    """Mark the foreground by a posterior that starts from a fitted model and goes on learning."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table=split_of,
        model=model_of_method,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
        checksum="results/{clip}/methods/{method}/masks.npz.sha256",
    log:
        "results/{clip}/logs/mask_by_posterior.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_posterior.{method}.tsv"
    wildcard_constraints:
        method=methods_with("posterior"),
    priority: MASK_PRIORITY
    threads: posterior_threads
    resources:
        # Some of the training frames are held, and those of a camera that moves are registered and fitted anew.
        mem_mb=memory(450, pixel=posterior_pixel, sample=of_training(6), most=2 * BAND),
        runtime=minutes(POSTERIOR),
    params:
        code=code_version("mask_by_posterior.py"),
        method=method_settings,
        mixture=mixture_of_method,
    script:
        "../scripts/mask_by_posterior.py"


rule mask_by_python:
    """Mark the foreground by a method in a Python file of the user's."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table=split_of,
        python=method_file,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
        checksum="results/{clip}/methods/{method}/masks.npz.sha256",
    log:
        "results/{clip}/logs/mask_by_python.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_python.{method}.tsv"
    wildcard_constraints:
        method=methods_with("python"),
    priority: MASK_PRIORITY
    threads: 1
    resources:
        # What it takes is not known: enough for float64 of all training frames, or `--set-resources` says more.
        mem_mb=memory(600, pixel=400, sample=of_training(24)),
        runtime=minutes(500),
    params:
        code=code_version("mask_by_python.py"),
        method=method_settings,
    script:
        "../scripts/mask_by_python.py"


rule mask_from_files:
    """Take the masks of the test frames from images that another program made."""
    input:
        frames="results/{clip}/frames.npy",
        table=split_of,
        archive=method_file,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
        checksum="results/{clip}/methods/{method}/masks.npz.sha256",
    log:
        "results/{clip}/logs/mask_from_files.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_from_files.{method}.tsv"
    wildcard_constraints:
        method=methods_with("masks"),
    priority: MASK_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(430, pixel=60),
        runtime=minutes(80),
    params:
        code=code_version("mask_from_files.py"),
        method=method_settings,
        limits=ordered(config["limits"]),
    script:
        "../scripts/mask_from_files.py"


rule render_videos:
    """Film the training frames, and the test frames beside the masks of each method and of all together."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        table="results/{clip}/frames.csv",
        decoding="results/{clip}/decoding.json",
        masks=expand("results/{{clip}}/methods/{method}/masks.npz", method=METHODS),
    output:
        training="results/{clip}/train.mp4",
        videos=expand("results/{{clip}}/methods/{method}/video.mp4", method=METHODS),
        comparison="results/{clip}/comparison.mp4",
        animation=report(
            "results/{clip}/figures/comparison.webp",
            caption="../report/captions/preview.rst",
            category="{clip}",
            subcategory="Method",
            labels={"figure": "all masks, moving"},
        ),
    log:
        "results/{clip}/logs/render_videos.log",
    benchmark:
        "results/{clip}/benchmarks/render_videos.tsv"
    priority: PAGE_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(370, pixel=180, sample=film_sample, most=FILM),
        runtime=minutes(60 + 90 * len(METHODS) + 140),
    params:
        code=code_version("render_videos.py"),
        names=as_params(NAMES.methods),
        rate=rate_settings,
    script:
        "../scripts/render_videos.py"
