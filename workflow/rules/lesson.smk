# A lesson on one pixel of a clip: `make lesson`, which installs Jupyter's tools first. Nothing else needs them.


rule execute_lesson:
    """Execute the lesson on a clip: what its formulas find at a pixel, beside the run's own fit."""
    input:
        unpack(lesson_masks),
        frames="results/{clip}/frames.npy",
        training=training_of,
        table="results/{clip}/frames.csv",
        model=f"results/{{clip}}/models/{MODELS[0]}/model.npz",
        absorption="results/{clip}/absorption.csv",
    output:
        table="results/{clip}/lesson.csv",
    log:
        notebook="results/{clip}/lesson.ipynb",
    threads: 1
    resources:
        mem_mb=memory(700, pixel=500),
        runtime=20,
    params:
        settings=lesson_settings,
    notebook:
        "../notebooks/lesson.py.ipynb"


rule print_lesson:
    """Make a page of the executed lesson: `snakemake results/CLIP/lesson.html`, with Jupyter's tools installed."""
    input:
        notebook="results/{clip}/lesson.ipynb",
        table="results/{clip}/lesson.csv",  # a log, as the notebook is, may be left of a job that failed
    output:
        page="results/{clip}/lesson.html",
    log:
        "results/{clip}/logs/print_lesson.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code_version("print_lesson.py"),
    script:
        "../scripts/print_lesson.py"
