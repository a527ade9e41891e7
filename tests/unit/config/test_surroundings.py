"""Where the workflow runs."""

import pytest

from bgsub.config.surroundings import check_python
from bgsub.errors import InputError


@pytest.mark.parametrize("folder", ["my clips", "it's", "cam[1]", 'a"b', "a$b", "a(b)", "a;b", "a\tb"])
def test_a_path_of_python_that_a_shell_would_cut_is_told(folder: str) -> None:
    with pytest.raises(InputError) as error:
        check_python(f"/home/me/{folder}/.venv/bin/python")
    assert "move this folder to a path without blanks, quotes and brackets, or make the" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("folder", ["küche", "cam_1-b.2", "台所", "a+b@c,d=e%f:g~"])
def test_other_letters_are_fine(folder: str) -> None:
    check_python(f"/home/me/{folder}/.venv/bin/python")
