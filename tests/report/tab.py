"""A page in the browser, as the tests handle it."""

import re
from pathlib import Path

import numpy as np

STRANGE = "<script>alert(1)</script> \"A\" & 'B' Bücherei 床"


class Tab:
    """A page in the browser, with what it complained about and asked for."""

    def __init__(
        self,
        browser,
        file: Path,
        width: int = 1280,
        theme: str = "light",
        *,
        motion: str = "reduce",
        anchor: str = "",
    ) -> None:
        self.page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion=motion
        )
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.route(re.compile("^https?:"), lambda route: route.abort())  # tests do without a network
        self.page.goto(file.as_uri() + anchor)
        if self.page.locator("#player").count():
            self.page.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)

    def unfold(self, section: str) -> None:
        self.page.click(f"#{section} > details.fold > summary")

    def frame(self) -> int:
        return int(self.page.get_attribute("#player", "data-frame"))

    def seek(self, frame: int, first: int) -> None:
        self.page.fill('[data-part="seek"]', str(frame - first))
        self.page.wait_for_selector(f'#player[data-frame="{frame}"]')

    def pixels(self, tile: int = 0):
        """What a picture of the player shows, (height, width, 3) uint8."""
        width, height, values = self.page.evaluate(
            """(tile) => {
              const canvas = document.querySelectorAll("#player canvas")[tile];
              const { width, height } = canvas;
              const shown = canvas.getContext("2d").getImageData(0, 0, width, height);
              return [width, height, Array.from(shown.data)];
            }""",
            tile,
        )
        return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]
