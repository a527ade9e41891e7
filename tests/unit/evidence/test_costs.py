from bgsub.evidence.costs import Cost, read_costs


def test_seconds_of_a_step_s_jobs_add_up_and_memory_is_the_largest(tmp_path):
    jobs = (("a", 1.5, "90.5"), ("b", 2.25, "262.3"), ("c", 0.2, "NA"), ("d", 0.3, "0.24"))
    for name, seconds, memory in jobs:
        (tmp_path / f"{name}.tsv").write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:01\t{memory}\n")
    steps = {"fit": ["a", "b"], "masks": ["a"], "split": ["c", "d"]}
    costs = read_costs({step: [tmp_path / f"{name}.tsv" for name in names] for step, names in steps.items()})
    assert costs == {"fit": Cost(3.75, 262.3, 2), "masks": Cost(1.5, 90.5, 1), "split": Cost(0.5, None, 2)}
    assert list(costs) == list(steps)


def test_a_repeated_job_counts_by_its_mean(tmp_path):
    (tmp_path / "a.tsv").write_text("s\tmax_rss\n1.0\t10\n3.0\t30\n")
    assert read_costs({"fit": [tmp_path / "a.tsv"]}) == {"fit": Cost(2.0, 30.0, 1)}


def test_a_step_that_lacks_a_job_is_left_out(tmp_path):
    (tmp_path / "a.tsv").write_text("s\tmax_rss\n1.0\t10\n")
    there, lost = tmp_path / "a.tsv", tmp_path / "lost.tsv"
    assert list(read_costs({"fetch": [lost], "fit": [there, lost], "masks": [there]})) == ["masks"]
    assert read_costs({"fetch": [lost]}) == {}


def test_compiling_counts_apart(tmp_path):
    (tmp_path / "a.tsv").write_text("s\tmax_rss\n20.0\t10\n")
    stamp = "2026-01-01 10:00:00,000 bgsub.model.compiled:"
    (tmp_path / "a.log").write_text(
        f"{stamp} compiled fit_band in 12.00 s\nother: compiled x in 9 s\n{stamp} compiled exp in 0.50 s\n"
        f"{stamp} waited 0.25 s for what another job compiled\n"
    )
    files = {"fit": [tmp_path / "a.tsv"]}
    assert read_costs(files, {"fit": [tmp_path / "a.log"]}) == {"fit": Cost(7.25, 10.0, 1, 12.75)}
    assert read_costs(files, {"fit": [tmp_path / "lost.log"]}) == {"fit": Cost(20.0, 10.0, 1)}
