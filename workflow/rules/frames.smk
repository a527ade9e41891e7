# From a local file to one array of frames, divided into training and test.


rule read_frames:
    """Decode a clip's frames once, into an array that every later step maps into memory."""
    input:
        tracked_source,
        record="results/{clip}/source.json",
    output:
        frames="results/{clip}/frames.npy",
        checksum="results/{clip}/frames.npy.sha256",
        names="results/{clip}/names.txt",
        decoding="results/{clip}/decoding.json",
    log:
        "results/{clip}/logs/read_frames.log",
    benchmark:
        "results/{clip}/benchmarks/read_frames.tsv"
    threads: 1
    resources:
        mem_mb=memory(600, pixel=12),
        runtime=minutes(40),
    params:
        code=code_version("read_frames.py"),
        pattern=frames_pattern,
        limits=ordered(config["limits"]),
    script:
        "../scripts/read_frames.py"


rule read_groundtruth:
    """Decode a clip's label images, one per frame."""
    input:
        tracked_source,
        record="results/{clip}/source.json",
        frames="results/{clip}/frames.npy",
        names="results/{clip}/names.txt",
    output:
        groundtruth="results/{clip}/groundtruth.npy",
    log:
        "results/{clip}/logs/read_groundtruth.log",
    benchmark:
        "results/{clip}/benchmarks/read_groundtruth.tsv"
    wildcard_constraints:
        clip=clips_with("groundtruth"),
    priority: MASK_PRIORITY
    threads: 1
    resources:
        mem_mb=memory(370, pixel=12),
        runtime=minutes(20),
    params:
        code=code_version("read_groundtruth.py"),
        pattern=groundtruth_pattern,
        files=in_folder("groundtruth"),
        limits=ordered(config["limits"]),
    script:
        "../scripts/read_groundtruth.py"


rule split_frames:
    """Say which frames train and which test, if the disk has room for what will be made of them."""
    input:
        frames="results/{clip}/frames.npy",
        training=training_of,
        names="results/{clip}/names.txt",
        training_names=training_names_of,
        scope=split_scope,
    output:
        table="results/{clip}/frames.csv",
    log:
        "results/{clip}/logs/split_frames.log",
    benchmark:
        "results/{clip}/benchmarks/split_frames.tsv"
    localrule: True
    threads: 1
    resources:
        mem_mb=500,
        disk_mb=results_disk,
        runtime=5,
    params:
        code=code_version("split_frames.py"),
        split=split_settings,
    script:
        "../scripts/split_frames.py"
