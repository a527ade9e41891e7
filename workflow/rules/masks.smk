# From frames and models to a mask per test frame, and to videos that show them.


from bgsub.masks.own import split_pattern


def method_file(wildcards):
    """The Python file of a method of the user's."""
    return config["methods"][wildcards.method]["python"]


def masks_path(wildcards):
    """The pattern, folder or archive of a clip's masks that another program made."""
    return config["methods"][wildcards.method]["masks"].replace("{clip}", wildcards.clip)


def masks_archive(wildcards):
    """The archive of masks, as far as Snakemake can track it: a folder is tracked by its fingerprint."""
    path = masks_path(wildcards)
    return [path] if Path(path).is_file() else []


def masks_settings(wildcards):
    """A method's row for a clip, and of a folder or pattern the names, sizes and times of what it holds."""
    path = masks_path(wildcards)
    settings = method_settings(wildcards) | {"masks": path}
    return (
        settings if Path(path).is_file() else settings | {"fingerprint": fingerprint(split_pattern(path)[0])}
    )


rule mask_by_model:
    """Mark the foreground by comparing the test frames with a fitted model."""
    input:
        frames="results/{clip}/frames.npy",
        table=split_of,
        model=model_of_method,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
    log:
        "results/{clip}/logs/mask_by_model.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_model.{method}.tsv"
    wildcard_constraints:
        method=methods_with("model"),
    priority: SECOND
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
        table=split_of,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
    log:
        "results/{clip}/logs/mask_by_median.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_median.{method}.tsv"
    wildcard_constraints:
        method=methods_with("background"),
    priority: SECOND
    threads: 1
    resources:
        mem_mb=memory(430, pixel=60, sample=3 * TRAIN, most=BAND),
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
        table=split_of,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
    log:
        "results/{clip}/logs/mask_by_opencv.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_opencv.{method}.tsv"
    wildcard_constraints:
        method=methods_with("opencv"),
    priority: SECOND
    threads: 1
    resources:
        mem_mb=memory(400, pixel=110),
        runtime=minutes(40),
    params:
        code=code_version("mask_by_opencv.py"),
        method=method_settings,
    script:
        "../scripts/mask_by_opencv.py"


rule mask_by_python:
    """Mark the foreground by a method in a Python file of the user's."""
    input:
        frames="results/{clip}/frames.npy",
        table=split_of,
        python=method_file,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
    log:
        "results/{clip}/logs/mask_by_python.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_by_python.{method}.tsv"
    wildcard_constraints:
        method=methods_with("python"),
    priority: SECOND
    threads: 1
    resources:
        # What it takes is not known: enough for float64 of all training frames, or `--set-resources` says more.
        mem_mb=memory(600, pixel=400, sample=24 * TRAIN),
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
        archive=masks_archive,
    output:
        masks="results/{clip}/methods/{method}/masks.npz",
    log:
        "results/{clip}/logs/mask_from_files.{method}.log",
    benchmark:
        "results/{clip}/benchmarks/mask_from_files.{method}.tsv"
    wildcard_constraints:
        method=methods_with("masks"),
    priority: SECOND
    threads: 1
    resources:
        mem_mb=memory(430, pixel=60),
        runtime=minutes(80),
    params:
        code=code_version("mask_from_files.py"),
        method=masks_settings,
    script:
        "../scripts/mask_from_files.py"


rule render_videos:
    """Film the training frames, and the test frames beside the masks of each method and of all together."""
    input:
        frames="results/{clip}/frames.npy",
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
    priority: FIRST
    threads: 1
    resources:
        mem_mb=memory(370, pixel=180, sample=film_sample, most=FILM),
        runtime=minutes(60 + 90 * len(METHODS) + 140),
    params:
        code=code_version("render_videos.py"),
        names=as_params(NAMES.methods),
        video=ordered(config["video"]),
    script:
        "../scripts/render_videos.py"
