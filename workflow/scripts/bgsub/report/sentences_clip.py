"""What a clip is, how fast it runs and what trained, in plain sentences."""

from bgsub.source.rate import Rate
from bgsub.source.split import Split, runs
from bgsub.words import count, in_words, joined

_MOST_STRETCHES = 3  # that a sentence lists


def run_sentence(rate: Rate, split: Split, trained_on: str, *, height: int, width: int) -> str:
    """Say what the clip is, how fast it runs, and what trained.

    Parameters
    ----------
    rate : Rate
        Frames per second, and how that is known.
    split : Split
        Who trained.
    trained_on : str
        Title of the clip whose frames trained; may be empty.
    height, width : int
        Pixels.
    """
    frames = len(split.own_train) + len(split.test)
    return (
        f"The clip has {count(frames, 'frame')} of {width} by {height} pixels, {rate_words(rate)}. "
        f"The methods learn the scene from {training_words(split, trained_on)}."
    )


def rate_words(rate: Rate) -> str:
    """Say at how many frames per second a clip was recorded, how that is known, and what follows."""
    fps = f"{float(rate.fps):.4g} per second"
    if rate.known_by == "nothing":
        return f"whose rate is not known: they are shown, and seconds are counted, as if there were {fps}"
    if rate.known_by == "file":
        return f"{fps} as its file says, which is how seconds are counted here"
    other = ""
    if rate.of_file is not None and f"{float(rate.of_file):.4g} per second" != fps:
        other = f", and not {float(rate.of_file):.4g} as its file says"
    return f"{fps} as the config says{other}, which is how seconds are counted here"


def training_words(split: Split, title: str = "") -> str:
    """Say which frames train and which are tested."""
    train, test = len(split.train), len(split.test)
    if split.trained_on != split.clip:
        of = f"{split.trained_on} ({title})" if title else split.trained_on
        return f"all {count(train, 'frame')} of another clip, {of}, and are tested on all frames of this one"
    tested = "last one" if test == 1 and split.is_head else "other one" if test == 1 else f"other {test:,}"
    if split.is_head:
        first = "frame" if train == 1 else count(train, "frame")
        return f"the first {first} and are tested on the {tested}"
    stretches = runs(split.train)
    where = joined([f"{stretch[0]} to {stretch[-1]}" for stretch in stretches])
    if len(stretches) > _MOST_STRETCHES:
        where = f"{split.train[0]} to {split.train[-1]}, in {in_words(len(stretches))} stretches"
    return f"frames {where} ({train:,}) and are tested on the {tested}"
