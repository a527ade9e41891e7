"""What a long loop takes to show how far it is, without knowing who looks."""

from collections.abc import Callable, Iterable

Progress = Callable[[Iterable], Iterable]  # wraps what is gone through; `iter` shows nothing, tqdm a bar
